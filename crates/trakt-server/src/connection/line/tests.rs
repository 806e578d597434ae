use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;

use super::super::attend::Busy;
use super::*;

async fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await;
    let (io, _) = listener.accept().await.unwrap();
    (io, client.unwrap())
}

async fn pair(phases: &watch::Sender<Phase>, places: usize) -> (Line, TcpStream) {
    let room = Room::new(places, phases.subscribe());
    let place = room.place().await;
    let (io, client) = sockets().await;
    (Line::new(io, room, place), client)
}

/// The clock stands still but for what is waited for.
fn stop_the_clock() -> Instant {
    tokio::time::pause();
    Instant::now()
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_left() {
    let phases = watch::Sender::new(Phase::Open);
    let (mut line, mut client) = pair(&phases, 100).await;
    let start = stop_the_clock();
    let error = line.write_all(&vec![0; 16 << 20]).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!((30..32).contains(&start.elapsed().as_secs()));
    // What was taken stays taken, and what was not is given up.
    drop(line);
    let mut taken = Vec::new();
    let error = client.read_to_end(&mut taken).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    assert!(!taken.is_empty());
}

#[tokio::test]
async fn where_much_is_not_taken_already_nobody_is_waited_for() {
    let phases = watch::Sender::new(Phase::Open);
    let (mut line, _client) = pair(&phases, 100).await;
    let start = stop_the_clock();
    let error = line.write_all(&vec![0; 64 << 20]).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::OutOfMemory);
    assert_eq!(start.elapsed().as_secs(), 0);
    // What is not taken counts as long as the connection lasts.
    let room = Room::new(100, phases.subscribe());
    let (io, _other) = sockets().await;
    let mut line = Line::new(io, room.clone(), None);
    assert!(line.write_all(&vec![0; 16 << 20]).await.is_err());
    assert!(!room.unsent().are(20 << 20));
    drop(line);
    assert!(room.unsent().are(20 << 20));
}

#[tokio::test]
async fn nothing_is_set_up_before_there_is_a_head() {
    let phases = watch::Sender::new(Phase::Open);
    let (mut speaks, mut client) = pair(&phases, 100).await;
    for part in ["\r\n\n", "GET / HTTP/1.1\r\n", "host: a\r", "\n\r", "\n"] {
        let begun = timeout(Duration::from_millis(20), speaks.begun()).await;
        assert!(begun.is_err(), "before {part:?}");
        client.write_all(part.as_bytes()).await.unwrap();
    }
    assert!(speaks.begun().await);
    let (mut silent, _other) = pair(&phases, 100).await;
    let start = stop_the_clock();
    assert!(!silent.begun().await);
    assert!((5..6).contains(&start.elapsed().as_secs()));
    tokio::time::resume();
    let (mut silent, _other) = pair(&phases, 100).await;
    phases.send_replace(Phase::Closing);
    let start = stop_the_clock();
    assert!(!silent.begun().await);
    assert!((1..3).contains(&start.elapsed().as_secs()));
}

#[tokio::test]
async fn a_client_that_takes_it_is_not() {
    let phases = watch::Sender::new(Phase::Open);
    let (mut line, mut client) = pair(&phases, 100).await;
    let taking = tokio::spawn(async move {
        let mut taken = 0;
        let mut piece = vec![0; 1 << 20];
        while let Ok(read @ 1..) = client.read(&mut piece).await {
            taken += read;
        }
        taken
    });
    for _ in 0..64 {
        line.write_all(&vec![0; 1 << 20]).await.unwrap();
        line.flush().await.unwrap();
    }
    drop(line);
    assert_eq!(taking.await.unwrap(), 64 << 20);
}

#[tokio::test]
async fn a_head_has_its_time_and_a_handler_has_more() {
    let phases = watch::Sender::new(Phase::Open);
    let (mut line, mut client) = pair(&phases, 100).await;
    client.write_all(b"GET").await.unwrap();
    let mut bytes = [0; 8];
    assert_eq!(line.read(&mut bytes).await.unwrap(), 3);
    let busy = Busy::with(&line.attention());
    stop_the_clock();
    let waited = timeout(Duration::from_secs(300), line.read(&mut bytes)).await;
    assert!(
        waited.is_err(),
        "a request that is worked at has no end here"
    );
    drop(busy);
    tokio::time::resume();
    line.write_all(b"200").await.unwrap();
    client.write_all(b"GET").await.unwrap();
    assert_eq!(line.read(&mut bytes).await.unwrap(), 3);
    let begun = stop_the_clock();
    let error = line.read(&mut bytes).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!((4..7).contains(&begun.elapsed().as_secs()));
}

#[tokio::test]
async fn silence_ends_sooner_where_places_are_few() {
    let phases = watch::Sender::new(Phase::Open);
    for (places, seconds) in [(100, 75..76), (1, 5..6)] {
        let (mut line, _client) = pair(&phases, places).await;
        drop(Busy::with(&line.attention()));
        let start = stop_the_clock();
        let error = line.read(&mut [0; 8]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let took = start.elapsed().as_secs();
        assert!(seconds.contains(&took), "{places}: {took}");
        tokio::time::resume();
    }
}

#[tokio::test]
async fn at_the_end_a_used_connection_ends_at_once_and_a_new_one_soon() {
    let phases = watch::Sender::new(Phase::Open);
    let (mut used, _one) = pair(&phases, 100).await;
    drop(Busy::with(&used.attention()));
    let (mut fresh, _other) = pair(&phases, 100).await;
    phases.send_replace(Phase::Closing);
    let start = stop_the_clock();
    assert_eq!(used.read(&mut [0; 8]).await.unwrap(), 0);
    assert_eq!(start.elapsed().as_secs(), 0);
    assert_eq!(fresh.read(&mut [0; 8]).await.unwrap(), 0);
    assert!((1..3).contains(&start.elapsed().as_secs()));
}

#[tokio::test]
async fn at_the_end_an_answer_is_sent_and_its_end_is_seen() {
    let phases = watch::Sender::new(Phase::Open);
    let (mut line, _client) = pair(&phases, 100).await;
    let busy = Busy::with(&line.attention());
    phases.send_replace(Phase::Closing);
    let start = stop_the_clock();
    let sent = async {
        sleep(Duration::from_millis(11_500)).await;
        drop(busy);
    };
    let mut bytes = [0; 8];
    let (read, ()) = tokio::join!(line.read(&mut bytes), sent);
    assert_eq!(read.unwrap(), 0);
    assert!((11..13).contains(&start.elapsed().as_secs()));
}

/// Or it is looked at over and over.
#[tokio::test]
async fn nothing_more_is_waited_for_where_nothing_more_comes() {
    let phases = watch::Sender::new(Phase::Open);
    let (mut line, mut client) = pair(&phases, 100).await;
    client.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    let begun = timeout(Duration::from_millis(20), line.begun()).await;
    assert!(begun.is_err());
    client.shutdown().await.unwrap();
    let begun = timeout(Duration::from_secs(2), line.begun()).await;
    assert!(begun.unwrap());
}

#[tokio::test]
async fn what_becomes_more_while_it_is_not_taken_is_counted() {
    let phases = watch::Sender::new(Phase::Open);
    let (mut line, _client) = pair(&phases, 100).await;
    let room = line.attention().room.clone();
    let bytes = vec![0; 40 << 20];
    let first = timeout(Duration::from_millis(50), line.write_all(&bytes[..8 << 20]));
    assert!(first.await.is_err());
    assert!(room.unsent().are(20 << 20));
    let second = line.write_all(&bytes[..16 << 20]);
    assert!(timeout(Duration::from_millis(50), second).await.is_err());
    assert!(!room.unsent().are(20 << 20));
    let error = line.write_all(&bytes).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::OutOfMemory);
}
