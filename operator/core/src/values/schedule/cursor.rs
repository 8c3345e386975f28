//! Pieces of an expression that remember where they stood, so that an error can point at them.

/// A piece of text and the byte offset where it begins
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    /// The piece
    pub(super) text: &'a str,
    /// Where it begins in the whole expression
    pub(super) at: usize,
}

impl<'a> Token<'a> {
    /// The words between whitespace
    pub(super) fn words(self) -> Vec<Self> {
        self.split(char::is_whitespace).into_iter().filter(|word| !word.text.is_empty()).collect()
    }

    /// The pieces between separators, empty ones too
    pub(super) fn split(self, separator: impl Fn(char) -> bool) -> Vec<Self> {
        let mut pieces = Vec::new();
        let mut from = 0;
        for (offset, c) in self.text.char_indices().filter(|(_, c)| separator(*c)) {
            pieces.push(self.slice(from, offset));
            from = offset + c.len_utf8();
        }
        pieces.push(self.slice(from, self.text.len()));
        pieces
    }

    /// What stands before and after the first `separator`
    pub(super) fn split_once(self, separator: char) -> Option<(Self, Self)> {
        let offset = self.text.find(separator)?;
        Some((self.slice(0, offset), self.slice(offset + separator.len_utf8(), self.text.len())))
    }

    fn slice(self, from: usize, to: usize) -> Token<'a> {
        Token { text: &self.text[from..to], at: self.at + from }
    }
}
