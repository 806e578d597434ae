//! Where a request ends. Bodies themselves are read in `input`.

use actix_web::Error;
use actix_web::ResponseError as _;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use actix_web::middleware::Next;

use crate::problem::Problem;

/// Refuses a request that states its length in two ways, and closes the connection (RFC 9112
/// section 6.1): a proxy in front may have believed the other one, and what it took for the rest
/// of this body would count here as a request of its own.
///
/// # Errors
/// Those of the routes behind it.
pub async fn one_length<B: MessageBody>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let headers = req.headers();
    if !(headers.contains_key(TRANSFER_ENCODING) && headers.contains_key(CONTENT_LENGTH)) {
        return Ok(next.call(req).await?.map_into_left_body());
    }
    let problem = Problem::malformed("Send 'Content-Length' or 'Transfer-Encoding', not both.");
    let mut refusal = problem.error_response();
    refusal
        .head_mut()
        .set_connection_type(ConnectionType::Close);
    Ok(req.into_response(refusal).map_into_right_body())
}
