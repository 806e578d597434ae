//! A way to a server that can be closed and opened again at the same address.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub struct Gate {
    to: String,
    address: SocketAddr,
    open: Mutex<Option<Open>>,
}

impl Gate {
    /// An open gate to an address such as `http://127.0.0.1:80`.
    pub fn to(url: &str) -> Self {
        let to = url
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let open = Mutex::new(Some(Open::start(listener, to.clone())));
        Self { to, address, open }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Cuts every connection and refuses new ones.
    pub fn close(&self) {
        self.open.lock().unwrap().take();
    }

    pub fn open(&self) {
        let mut open = self.open.lock().unwrap();
        if open.is_none() {
            *open = Some(Open::start(
                TcpListener::bind(self.address).unwrap(),
                self.to.clone(),
            ));
        }
    }
}

struct Open {
    streams: Arc<Mutex<Option<Vec<TcpStream>>>>,
    thread: Option<JoinHandle<()>>,
}

impl Open {
    fn start(listener: TcpListener, to: String) -> Self {
        listener.set_nonblocking(true).unwrap();
        let streams = Arc::new(Mutex::new(Some(Vec::new())));
        let shared = streams.clone();
        let thread = thread::spawn(move || {
            loop {
                let joined = listener.accept().and_then(|(near, _)| join(&near, &to));
                match (shared.lock().unwrap().as_mut(), joined) {
                    (Some(streams), Ok(joined)) => streams.extend(joined),
                    // Nobody came, or the server behind is gone.
                    (Some(_), Err(_)) => {}
                    (None, joined) => {
                        return joined.into_iter().flatten().for_each(|one| cut(&one));
                    }
                }
                thread::park_timeout(Duration::from_millis(2));
            }
        });
        Self {
            streams,
            thread: Some(thread),
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        for stream in self.streams.lock().unwrap().take().into_iter().flatten() {
            cut(&stream);
        }
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// Joins a connection with a new one to `to`; both, so that they can be cut.
fn join(near: &TcpStream, to: &str) -> io::Result<[TcpStream; 2]> {
    near.set_nonblocking(false)?;
    let far = TcpStream::connect(to)?;
    for (from, into) in [(near, &far), (&far, near)] {
        let (mut from, mut into) = (from.try_clone()?, into.try_clone()?);
        thread::spawn(move || {
            // Whichever side ends, and however, the other hears of it.
            let _ = io::copy(&mut from, &mut into);
            cut(&from);
            cut(&into);
        });
    }
    Ok([near.try_clone()?, far])
}

fn cut(stream: &TcpStream) {
    // One that is closed already is as good.
    let _ = stream.shutdown(Shutdown::Both);
}
