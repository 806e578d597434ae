//! What a user lets this service do: read at Trakt, write there, and ask for recommendations.
//! A store looks at the switch in the transaction that would do it.

mod model;
mod service;

pub use model::{Choices, Switch};
pub use service::ChoiceService;
