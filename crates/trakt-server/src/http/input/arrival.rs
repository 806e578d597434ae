use std::future::ready;

use actix_web::dev::Payload;
use actix_web::web::Bytes;
use actix_web::{Error, FromRequest as _, HttpMessage as _, HttpRequest};
use futures_util::FutureExt as _;
use futures_util::future::{LocalBoxFuture, Shared};
use tokio::time::timeout;

use crate::connection::BODY;
use crate::problem::{Code, Problem};

/// The body of a request once it is there as a whole, or why it will not be: 400, 408, 413.
pub type Arrival = Shared<LocalBoxFuture<'static, Result<Bytes, Problem>>>;

/// Waits for the body of a request, which is read once: whoever asks gets the same. It is waited for
/// before it is looked up who calls, in whichever order a handler takes its arguments: what comes
/// slowly, or never, asks nothing of the database, and who calls is known as of when it is done.
pub fn arrival(req: &HttpRequest, payload: &mut Payload) -> Arrival {
    if let Some(begun) = req.extensions().get::<Arrival>() {
        return begun.clone();
    }
    let arrival = match payload {
        Payload::None => ready(Ok(Bytes::new())).boxed_local(),
        _ => whole(Bytes::from_request(req, payload)).boxed_local(),
    };
    let arrival = arrival.shared();
    req.extensions_mut().insert(arrival.clone());
    arrival
}

async fn whole(bytes: impl Future<Output = Result<Bytes, Error>>) -> Result<Bytes, Problem> {
    let bytes = timeout(BODY, bytes).await.map_err(|_| too_slow())?;
    bytes.map_err(|error| match error.as_response_error().status_code() {
        status if status == Code::PayloadTooLarge.status() => too_large(),
        _ => Problem::malformed("The body could not be read."),
    })
}

fn too_slow() -> Problem {
    Problem::new(
        Code::RequestTimeout,
        "A body has to arrive within 10 seconds.",
    )
}

fn too_large() -> Problem {
    Problem::new(
        Code::PayloadTooLarge,
        "A body has at most 64 KiB, a file of a form 1 MiB.",
    )
}
