//! A bencoded value that borrows its strings from the input.

/// One bencoded value (BEP 3).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value<'a> {
    /// `i…e`
    Int(i64),
    /// `length:bytes`: text or not.
    Bytes(&'a [u8]),
    /// `l…e`
    List(Vec<Value<'a>>),
    /// `d…e`; boxed because a tree is mostly integers and strings.
    Dict(Box<Dict<'a>>),
}

impl<'a> Value<'a> {
    /// The integer, if it is one.
    pub fn int(&self) -> Option<i64> {
        match self {
            Value::Int(int) => Some(*int),
            _ => None,
        }
    }

    /// The string's bytes, if it is one.
    pub fn bytes(&self) -> Option<&'a [u8]> {
        match self {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The string as text; `None` also when it is not UTF-8.
    pub fn str(&self) -> Option<&'a str> {
        self.bytes().and_then(|bytes| std::str::from_utf8(bytes).ok())
    }

    /// The list's items, if it is one.
    pub fn list(&self) -> Option<&[Value<'a>]> {
        match self {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The dictionary, if it is one.
    pub fn dict(&self) -> Option<&Dict<'a>> {
        match self {
            Value::Dict(dict) => Some(dict),
            _ => None,
        }
    }

    /// The value under `key`, if this is a dictionary that has it.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        self.dict()?.get(key)
    }
}

/// A bencoded dictionary with its entries in the order they stood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dict<'a> {
    /// Kept because the info hash covers the bytes as they stood, canonical or not.
    raw: &'a [u8],
    entries: Vec<(&'a [u8], Value<'a>)>,
}

impl<'a> Dict<'a> {
    pub(super) fn new(raw: &'a [u8], entries: Vec<(&'a [u8], Value<'a>)>) -> Self {
        Self { raw, entries }
    }

    /// The value under `key`; the first where the key is repeated.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        self.entries.iter().find(|(k, _)| *k == key.as_bytes()).map(|(_, value)| value)
    }

    /// Keys and values in the order they stood.
    pub fn entries(&self) -> &[(&'a [u8], Value<'a>)] {
        &self.entries
    }

    /// The bytes it was read from, `d` to `e`.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Whether any key stands in it twice.
    pub fn has_duplicates(&self) -> bool {
        if self.entries.is_sorted_by(|a, b| a.0 < b.0) {
            return false;
        }
        let mut keys: Vec<&[u8]> = self.entries.iter().map(|(key, _)| *key).collect();
        keys.sort_unstable();
        !keys.is_sorted_by(|a, b| a < b)
    }

    /// How often `key` stands in it.
    pub fn count(&self, key: &str) -> usize {
        let named = |(k, _): &&(&[u8], Value<'_>)| *k == key.as_bytes();
        self.entries.iter().filter(named).count()
    }
}
