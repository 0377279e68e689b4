//! A tokenizer as strict as bendy's about numbers and lengths, and silent about the order of keys.

use bendy::state_tracker::Token;

use super::BencodeError;

pub(super) struct Tolerant<'a> {
    rest: &'a [u8],
}

impl<'a> Tolerant<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn take(&mut self) -> Result<Token<'a>, BencodeError> {
        let (&first, tail) = self.rest.split_first().ok_or(BencodeError::UnexpectedEnd)?;
        match first {
            b'l' | b'd' | b'e' => {
                self.rest = tail;
                Ok(match first {
                    b'l' => Token::List,
                    b'd' => Token::Dict,
                    _ => Token::End,
                })
            }
            b'i' => {
                let (number, rest) = split_at_byte(tail, b'e').ok_or(BencodeError::Integer)?;
                self.rest = rest;
                canonical(number).map(Token::Num).ok_or(BencodeError::Integer)
            }
            b'0'..=b'9' => {
                let (number, rest) = split_at_byte(self.rest, b':').ok_or(BencodeError::Length)?;
                let length = canonical(number)
                    .and_then(|n| n.parse::<usize>().ok())
                    .ok_or(BencodeError::Length)?;
                let (string, rest) = rest.split_at_checked(length).ok_or(BencodeError::Length)?;
                self.rest = rest;
                Ok(Token::String(string))
            }
            _ => Err(BencodeError::UnexpectedByte),
        }
    }
}

impl<'a> Iterator for Tolerant<'a> {
    type Item = Result<Token<'a>, BencodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.take())
    }
}

/// The bytes before `end` and those after it. No number that fits 64 bits is longer than 20
/// characters, so no more are searched.
fn split_at_byte(bytes: &[u8], end: u8) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().take(21).position(|b| *b == end)?;
    Some((bytes.get(..at)?, bytes.get(at + 1..)?))
}

/// `digits` as text when it is `0`, or an optional minus and digits without a leading zero.
fn canonical(digits: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(digits).ok()?;
    let magnitude = text.strip_prefix('-').unwrap_or(text);
    let canonical = text == "0"
        || (!magnitude.is_empty()
            && !magnitude.starts_with('0')
            && magnitude.bytes().all(|b| b.is_ascii_digit()));
    canonical.then_some(text)
}
