use std::io;
use std::os::fd::AsFd;

use socket2::SockRef;

/// Has the system ignore whoever begins to connect from now on. Between the last accept and the close
/// of a socket somebody may connect always, whom the system resets then with all the others; who is
/// ignored tries again by the rules of TCP, a second later, and meets the next process or nobody.
///
/// Those who are about to have connected are not touched. Where the system has no such filters this
/// does nothing.
///
/// # Errors
/// When the system refuses.
pub(super) fn turn_away(listener: &impl AsFd) -> io::Result<()> {
    attach(&SockRef::from(listener))
}

#[cfg(target_os = "linux")]
fn attach(listener: &SockRef<'_>) -> io::Result<()> {
    use socket2::SockFilter;

    /// The place of the flags in the header of TCP, and two of them (RFC 9293 section 3.1).
    const FLAGS: u32 = 13;
    const SYN: u32 = 0x02;
    const ACK: u32 = 0x10;
    // What the kernel calls BPF_LD | BPF_B | BPF_ABS and so on, in linux/filter.h.
    const LOAD_BYTE: u16 = 0x30;
    const AND: u16 = 0x54;
    const JUMP_IF_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    listener.attach_filter(&[
        SockFilter::new(LOAD_BYTE, 0, 0, FLAGS),
        SockFilter::new(AND, 0, 0, SYN | ACK),
        SockFilter::new(JUMP_IF_EQUAL, 0, 1, SYN),
        // So many bytes of the segment are kept: none, or all.
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
    ])
}

#[cfg(not(target_os = "linux"))]
fn attach(_: &SockRef<'_>) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use super::*;

    #[test]
    fn who_begins_to_connect_is_ignored_and_who_has_is_heard() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut early = TcpStream::connect(address).unwrap();
        turn_away(&listener).unwrap();
        let late = TcpStream::connect_timeout(&address, Duration::from_millis(200));
        assert_eq!(late.unwrap_err().kind(), io::ErrorKind::TimedOut);
        // The filter goes over to who is accepted, and means nothing there.
        let (mut accepted, _) = listener.accept().unwrap();
        let mut said = [0; 4];
        early.write_all(b"some").unwrap();
        accepted.read_exact(&mut said).unwrap();
        accepted.write_all(b"more").unwrap();
        early.read_exact(&mut said).unwrap();
        assert_eq!(&said, b"more");
    }
}
