//! The stable names of errors, and the status of each.

use actix_web::http::StatusCode;

macro_rules! codes {
    ($($variant:ident = $word:literal, $status:ident, $title:literal;)*) => {
        /// The stable name of an error, as clients see it in `code`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $title] $variant,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word itself. It never changes.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The status it is answered with.
            #[must_use]
            pub fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            /// What it is, in a few words.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

codes! {
    MalformedRequest = "malformed_request", BAD_REQUEST, "The request cannot be read";
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "Sign in first";
    Forbidden = "forbidden", FORBIDDEN, "You may not do this";
    NotFound = "not_found", NOT_FOUND, "There is nothing here";
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "Not with this method";
    RequestTimeout = "request_timeout", REQUEST_TIMEOUT, "The request took too long";
    PayloadTooLarge = "payload_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "Send JSON";
    ValidationFailed = "validation_failed", UNPROCESSABLE_ENTITY, "Some fields are wrong";
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "Too many requests";
    DeviceCodeUnknown = "device_code_unknown", NOT_FOUND, "No such device code";
    DeviceCodeExpired = "device_code_expired", GONE, "The device code has expired";
    DeviceCodeUsed = "device_code_used", CONFLICT, "The device code was used";
    DeviceCodeDenied = "device_code_denied", FORBIDDEN, "The request was denied at Trakt";
    AccountTaken = "account_taken", CONFLICT, "The Trakt account is linked to another user";
    AlreadyLinked = "already_linked", CONFLICT, "Another Trakt account is linked";
    UserNotFound = "user_not_found", NOT_FOUND, "No such user";
    TraktAccountNotFound = "trakt_account_not_found", NOT_FOUND, "No such Trakt account";
    NotLinked = "not_linked", CONFLICT, "No Trakt account is linked";
    NeedsRelink = "needs_relink", CONFLICT, "The Trakt account has to be linked again";
    TraktAccountLocked = "trakt_account_locked", CONFLICT, "The Trakt account is locked";
    SwitchedOff = "switched_off", CONFLICT, "You have switched this off";
    NotConfirmedYet = "not_confirmed_yet", CONFLICT, "Trakt has not confirmed it yet";
    KeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY, "The idempotency key belongs to another write";
    DailyCeiling = "daily_ceiling", TOO_MANY_REQUESTS, "Too many writes in a day";
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong here";
    TraktUnavailable = "trakt_unavailable", SERVICE_UNAVAILABLE, "Trakt cannot be reached";
    ProviderUnavailable = "identity_provider_unavailable", SERVICE_UNAVAILABLE, "The identity provider cannot be reached";
    DatabaseUnavailable = "database_unavailable", SERVICE_UNAVAILABLE, "The database cannot be reached";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole table, so that a change of a status or a word is seen in a review.
    #[test]
    fn table_of_codes() {
        let table: Vec<String> = Code::ALL
            .iter()
            .map(|code| format!("{} {}", code.status().as_u16(), code.as_str()))
            .collect();
        assert_eq!(
            table,
            [
                "400 malformed_request",
                "401 unauthenticated",
                "403 forbidden",
                "404 not_found",
                "405 method_not_allowed",
                "408 request_timeout",
                "413 payload_too_large",
                "415 unsupported_media_type",
                "422 validation_failed",
                "429 rate_limited",
                "404 device_code_unknown",
                "410 device_code_expired",
                "409 device_code_used",
                "403 device_code_denied",
                "409 account_taken",
                "409 already_linked",
                "404 user_not_found",
                "404 trakt_account_not_found",
                "409 not_linked",
                "409 needs_relink",
                "409 trakt_account_locked",
                "409 switched_off",
                "409 not_confirmed_yet",
                "422 idempotency_key_reused",
                "429 daily_ceiling",
                "500 internal",
                "503 trakt_unavailable",
                "503 identity_provider_unavailable",
                "503 database_unavailable",
            ]
        );
    }
}
