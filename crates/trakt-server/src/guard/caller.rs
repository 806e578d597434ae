//! What is known of a caller, and the arguments by which a handler demands it.

use std::future::{Future, Ready, ready};
use std::net::IpAddr;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use trakt_core::UserId;
use trakt_core::audit::AuditStamp;
use trakt_core::user::{Role, User, UserService};

use crate::blocking;
use crate::http::arrival;
use crate::limits::LimitKey;
use crate::problem::{Code, Problem};

/// What [`super::identify`] found out about a request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// From where.
    pub ip: IpAddr,
    /// The id of the request.
    pub request_id: String,
    /// The user whom a good token names, or the answer that the lack of one gets.
    pub user: Result<Named, Problem>,
}

/// A user whom a good token names. The user may have been deleted since.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    /// The user.
    pub id: UserId,
    /// The role that an outside provider gives; a local token gives none.
    pub role: Option<Role>,
}

impl Caller {
    /// What is known of the caller of this request.
    ///
    /// # Errors
    /// 500 on a route without the middleware: a fault of ours, and never "anybody".
    pub fn of(req: &HttpRequest) -> Result<Self, Problem> {
        req.extensions().get::<Self>().cloned().ok_or_else(|| {
            log::error!("a route without the guard: {:?}", req.match_pattern());
            Problem::internal()
        })
    }

    /// The user of this request, for the log: none where there is none or nobody looked.
    #[must_use]
    pub fn of_any(req: &HttpRequest) -> Option<UserId> {
        let extensions = req.extensions();
        let caller = extensions.get::<Self>()?;
        caller.user.as_ref().ok().map(|named| named.id)
    }

    /// Whom a limit counts.
    #[must_use]
    pub fn limit_key(&self) -> LimitKey {
        match &self.user {
            Ok(named) => LimitKey::User(named.id),
            Err(_) => LimitKey::peer(self.ip),
        }
    }

    /// Who and from where, for the audit trail.
    #[must_use]
    pub fn stamp(&self) -> AuditStamp {
        AuditStamp {
            actor: self.user.as_ref().ok().map(|named| named.id),
            ip: Some(self.ip),
            request_id: Some(self.request_id.clone()),
        }
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(req))
    }
}

/// A caller with a good token. Whether the user still exists is for the call to find out: for
/// the one route that is asked all the time and whose only query tells it anyway.
#[derive(Clone, Copy, Debug)]
pub struct Bearer(pub UserId);

impl FromRequest for Bearer {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let named = named(req, payload);
        Box::pin(async move { Ok(Self(named.await?.0.id)) })
    }
}

/// Whom a good token names, once all of the request has come: the database is asked of nobody who may
/// never send the rest, and of nobody who is gone by then. Without a good token the rest is not waited
/// for; of what is too large it is said to those alone who may call.
fn named(
    req: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<(Named, AuditStamp), Problem>> + use<> {
    let (caller, arrival) = (Caller::of(req), arrival(req, payload));
    async move {
        let caller = caller?;
        let stamp = caller.stamp();
        let named = caller.user?;
        match arrival.await {
            Err(problem) if problem.code != Code::PayloadTooLarge => Err(problem),
            _ => Ok((named, stamp)),
        }
    }
}

/// A caller with a good token who exists in the database now that all of the request has come.
#[derive(Clone, Debug)]
pub struct Member {
    /// The user, with the role that counts.
    pub user: User,
    /// Who and from where, for the audit trail.
    pub stamp: AuditStamp,
}

impl FromRequest for Member {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let named = named(req, payload);
        let users = req.app_data::<Data<UserService>>().cloned();
        Box::pin(async move {
            let (named, stamp) = named.await?;
            let users = users.ok_or_else(Problem::internal)?;
            let mut user = blocking::database(move || users.caller(named.id)).await?;
            user.role = named.role.unwrap_or(user.role);
            Ok(Self { user, stamp })
        })
    }
}

/// A caller who is an admin at that time, by the database (or by the outside provider's token), never
/// by a local token's word.
#[derive(Clone, Debug)]
pub struct Admin {
    /// Who and from where, for the audit trail.
    pub stamp: AuditStamp,
}

impl FromRequest for Admin {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let member = Member::from_request(req, payload);
        Box::pin(async move {
            let member = member.await?;
            match member.user.role {
                Role::Admin => Ok(Self {
                    stamp: member.stamp,
                }),
                Role::User => Err(Problem::new(Code::Forbidden, "Only an admin may do this.")),
            }
        })
    }
}
