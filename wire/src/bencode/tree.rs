//! Tokens to values, on a stack of our own: no recursion however deep the input claims to be.

use bendy::state_tracker::Token;

use super::value::{Dict, Value};
use super::{BencodeError, Limits};

/// A list or dictionary whose end has not come yet.
enum Open<'a> {
    List(Vec<Value<'a>>),
    Dict { start: usize, entries: Vec<(&'a [u8], Value<'a>)>, key: Option<&'a [u8]> },
}

/// The first value of `tokens`, which tokenize `source`, and the bytes it took.
pub(super) fn build<'a>(
    source: &'a [u8],
    tokens: impl Iterator<Item = Result<Token<'a>, BencodeError>>,
    limits: Limits,
) -> Result<(Value<'a>, usize), BencodeError> {
    let mut stack: Vec<Open<'a>> = Vec::new();
    let mut offset = 0;
    for (count, token) in tokens.enumerate() {
        if count >= limits.tokens {
            return Err(BencodeError::Tokens);
        }
        let token = token?;
        let start = offset;
        offset += encoded_len(&token);
        let value = match token {
            Token::List | Token::Dict => {
                if let Some(Open::Dict { key: None, .. }) = stack.last() {
                    return Err(BencodeError::Dictionary);
                }
                if stack.len() >= limits.depth {
                    return Err(BencodeError::Depth);
                }
                stack.push(match token {
                    Token::List => Open::List(Vec::new()),
                    _ => Open::Dict { start, entries: Vec::new(), key: None },
                });
                continue;
            }
            Token::End => close(stack.pop(), source, offset)?,
            Token::String(string) => match stack.last_mut() {
                Some(Open::Dict { key: key @ None, .. }) => {
                    *key = Some(string);
                    continue;
                }
                _ => Value::Bytes(string),
            },
            Token::Num(number) => Value::Int(number.parse().map_err(|_| BencodeError::Integer)?),
        };
        match stack.last_mut() {
            None => return Ok((value, offset)),
            Some(Open::List(items)) => items.push(value),
            Some(Open::Dict { entries, key, .. }) => {
                entries.push((key.take().ok_or(BencodeError::Dictionary)?, value));
            }
        }
    }
    Err(BencodeError::UnexpectedEnd)
}

fn close<'a>(
    open: Option<Open<'a>>,
    source: &'a [u8],
    end: usize,
) -> Result<Value<'a>, BencodeError> {
    match open {
        None => Err(BencodeError::UnexpectedByte),
        Some(Open::List(items)) => Ok(Value::List(items)),
        Some(Open::Dict { key: Some(_), .. }) => Err(BencodeError::Dictionary),
        Some(Open::Dict { start, entries, .. }) => {
            let raw = source.get(start..end).ok_or(BencodeError::UnexpectedEnd)?;
            Ok(Value::Dict(Box::new(Dict::new(raw, entries))))
        }
    }
}

/// How many bytes a token took: tokens are canonical, so it follows from their content.
fn encoded_len(token: &Token<'_>) -> usize {
    match token {
        Token::List | Token::Dict | Token::End => 1,
        Token::Num(number) => number.len() + 2,
        Token::String(string) => {
            let digits = string.len().checked_ilog10().unwrap_or(0) as usize + 1;
            digits + 1 + string.len()
        }
    }
}
