//! A little gzip that is a lot of JSON.

use std::iter;

use axum::body::{Body, Bytes};
use flate2::{Compress, Compression, Crc, FlushCompress};

use super::body;

const PIECE: usize = 1 << 20;

/// gzip (RFC 1952) of one JSON object of `bytes` bytes. `bytes` is at least as long as the object
/// without its stuffing.
///
/// The stuffing is compressed once, into blocks that refer to nothing before them and end on a
/// byte, and sent as often as it takes: a terabyte costs no more work than its megabytes on the
/// wire.
pub(super) fn gzip(bytes: u64) -> Body {
    const HEAD: &[u8] = b"{\"access_token\":\"";
    const TAIL: &[u8] = b"\"}";
    // No name, no time, no system.
    const GZIP: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    // An empty block that says that it is the last.
    const LAST: &[u8] = &[3, 0];

    let stuffing = bytes.saturating_sub((HEAD.len() + TAIL.len()) as u64);
    let pieces = stuffing / PIECE as u64;
    let piece = vec![b'a'; PIECE];
    let rest = usize::try_from(stuffing % PIECE as u64).unwrap_or_default();
    let rest = &piece[..rest];

    let mut crc = Crc::new();
    crc.update(HEAD);
    repeat(&mut crc, &piece, pieces);
    crc.update(rest);
    crc.update(TAIL);

    let begin = [GZIP, &blocks(HEAD)].concat();
    // The length is told modulo 2^32.
    let length = [crc.sum().to_le_bytes(), crc.amount().to_le_bytes()].concat();
    let end = [&blocks(rest)[..], &blocks(TAIL), LAST, &length].concat();
    let piece = Bytes::from(blocks(&piece));
    let middle = (0..pieces).map(move |_| piece.clone());
    body::streamed(
        iter::once(Bytes::from(begin))
            .chain(middle)
            .chain(iter::once(Bytes::from(end))),
    )
}

/// Adds `data` to the checksum, `times` times over, in as many steps as `times` has bits.
fn repeat(crc: &mut Crc, data: &[u8], mut times: u64) {
    let mut power = Crc::new();
    power.update(data);
    while times > 0 {
        if times & 1 == 1 {
            crc.combine(&power);
        }
        let mut double = Crc::new();
        double.combine(&power);
        double.combine(&power);
        power = double;
        times >>= 1;
    }
}

/// `data` as deflate blocks (RFC 1951), none of which is the last.
fn blocks(data: &[u8]) -> Vec<u8> {
    let mut compress = Compress::new(Compression::best(), false);
    // As much as it can take, stored, and then what the flush adds.
    let mut blocks = Vec::with_capacity(data.len() + 1024);
    // It fails of a wrong order of calls only, and this is one call.
    let _ = compress.compress_vec(data, &mut blocks, FlushCompress::Full);
    blocks
}
