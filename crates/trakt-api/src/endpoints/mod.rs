//! The calls themselves, a file for each area of Trakt's contract. An endpoint says what is sent
//! and what comes back; how it is sent is the transport's business.
//!
//! A call that is not here can be added from outside, and sent over any transport:
//!
//! ```
//! use std::sync::Arc;
//! use trakt_api::{
//!     Auth, BaseUrl, Call, Client, Config, Endpoint, Host, Method, RawReply, RawRequest, Transport,
//!     TransportError,
//! };
//!
//! struct CountWatchers {
//!     movie: String,
//! }
//!
//! impl Endpoint for CountWatchers {
//!     type Reply = Vec<serde_json::Value>;
//!     const METHOD: Method = Method::Get;
//!     const HOST: Host = Host::Api;
//!     const AUTH: Auth = Auth::Application;
//!
//!     fn path(&self) -> Vec<String> {
//!         vec!["movies".to_owned(), self.movie.clone(), "watching".to_owned()]
//!     }
//! }
//!
//! struct NobodyWatches;
//!
//! impl Transport for NobodyWatches {
//!     fn send(&self, request: RawRequest) -> Result<RawReply, TransportError> {
//!         assert_eq!(request.url.path(), "/movies/tron-legacy-2010/watching");
//!         Ok(RawReply { status: 200, headers: Vec::new(), body: b"[]".to_vec() })
//!     }
//! }
//!
//! let config = Config {
//!     api_url: BaseUrl::parse("https://api.trakt.tv")?,
//!     auth_url: BaseUrl::parse("https://auth.trakt.tv")?,
//!     client_id: "my application".to_owned(),
//!     client_secret: None,
//!     redirect_uri: "https://example.org/".to_owned(),
//!     user_agent: "my-app/1.0".to_owned(),
//! };
//! let client = Client::over(config, Arc::new(NobodyWatches))?;
//! let endpoint = CountWatchers { movie: "tron-legacy-2010".to_owned() };
//! assert!(client.send(&endpoint, Call::public())?.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod device;
mod token;
mod user;

pub use device::{GetDeviceCode, PollDeviceToken};
pub use token::{RefreshTokens, RevokeToken};
pub use user::{GetProfile, GetSettings};
