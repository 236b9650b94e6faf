// SPDX-License-Identifier: GPL-2.0
//! Words as the kernel writes them, and text as a terminal may have it.

/// A word of a list in `/proc`, in which `\040` stands for a blank and so on.
pub fn unescape(word: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(word.len());
    let mut rest = word;
    while let [first, tail @ ..] = rest {
        let octal = match rest {
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] => {
                Some((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'))
            }
            _ => None,
        };
        out.push(octal.unwrap_or(*first));
        rest = if octal.is_some() { &rest[4..] } else { tail };
    }
    out
}

/// The text for a terminal: what would steer one is written as `\033` and so on, since a
/// process chooses its name and arguments, and is not to choose what a terminal does.
pub fn printable(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            // The backslash, too, so that what is read is one thing only.
            if c.is_control() || is_invisible(c) || c == '\\' {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    out += &format!("\\{byte:03o}");
                }
            } else {
                out.push(c);
            }
        }
        for byte in chunk.invalid() {
            out += &format!("\\{byte:03o}");
        }
    }
    out
}

/// What changes the order of the text around it, or cannot be seen.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octal_digits_are_a_byte() {
        assert_eq!(unescape(br"a\040b\134\011"), b"a b\\\t");
        assert_eq!(unescape(br"\377\000"), b"\xff\0");
    }

    #[test]
    fn what_is_no_octal_stays() {
        for word in [&br"\"[..], br"\0", br"\04", br"\48a", br"\400", br"\08", b"", b"plain"] {
            assert_eq!(unescape(word), word);
        }
    }

    #[test]
    fn a_terminal_is_not_steered() {
        assert_eq!(printable(b"\x1b]0;x\x07"), r"\033]0;x\007");
        assert_eq!(printable("näme \u{202e}x".as_bytes()), r"näme \342\200\256x");
        assert_eq!(printable(b"\xffz"), r"\377z");
        assert_eq!(printable("\u{9b}31m".as_bytes()), r"\302\23331m");
        assert_eq!(
            printable("\u{61c}\u{ad}\u{e0041}".as_bytes()),
            r"\330\234\302\255\363\240\201\201"
        );
        assert_eq!(printable(br"a\033"), r"a\134033");
    }
}
