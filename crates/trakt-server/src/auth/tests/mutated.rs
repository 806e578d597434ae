//! Good tokens with a small change, from a fixed seed: none may count.

use super::mint::{self, EC, ED, RSA, claims, local_header};
use super::verifier;

/// xorshift64*, enough to choose places and letters.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let roll = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(roll).unwrap() % end
    }
}

fn mutate(token: &str, dice: &mut Dice) -> String {
    const LETTERS: &[u8] =
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \0";
    let mut bytes = token.as_bytes().to_vec();
    for _ in 0..=dice.below(3) {
        let place = dice.below(bytes.len());
        let letter = LETTERS[dice.below(LETTERS.len())];
        match dice.below(5) {
            0 => drop(bytes.remove(place)),
            1 => bytes.insert(place, letter),
            2 => bytes.truncate(place + 1),
            3 => {
                let other = dice.below(bytes.len());
                bytes.swap(place, other);
            }
            _ => bytes[place] = letter,
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn no_changed_token_counts() {
    let (verifier, provider) = verifier();
    let mut dice = Dice(0x7472_616b_7400_0001);
    let mut changed = 0;
    for (token, rounds) in [
        (mint::local(&local_header(), &claims()), 4000),
        (RSA.token("rsa-1"), 500),
        (EC.token("ec-1"), 200),
        (ED.token("ed-1"), 300),
    ] {
        assert!(
            verifier.verify(&token).is_ok(),
            "the token itself counts: {token}"
        );
        for _ in 0..rounds {
            let mutant = mutate(&token, &mut dice);
            if mutant != token {
                changed += 1;
                assert!(verifier.verify(&mutant).is_err(), "{mutant} from {token}");
            }
        }
    }
    assert!(changed > 4500, "{changed}");
    assert_eq!(provider.calls(), 1, "none of them led to another fetch");
}
