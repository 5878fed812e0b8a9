//! Java's syntax of regular expressions to that of the engines here.

/// A pattern in the engines' syntax.
pub(super) struct Translation {
    pub(super) text: String,
    /// Whether the linear engine would read something in it in another way.
    pub(super) hard: bool,
    /// Whether it speaks of the text's end, which in Java may be a line end away.
    pub(super) ends: bool,
}

/// Classes end with a range, so that a dash behind one stays a dash.
const DIGIT: &str = "0-9";
const WORD: &str = "_a-zA-Z0-9";
const SPACE: &str = r"\x{20}\x{9}-\x{d}";
const HORIZONTAL: &str = r"\x{9}\x{20}\x{a0}\x{1680}\x{180e}\x{202f}\x{205f}\x{3000}\x{2000}-\x{200a}";
const VERTICAL: &str = r"\x{85}\x{2028}-\x{2029}\x{a}-\x{d}";
const NO_LINE_END: &str = r"[^\n\r\x{85}\x{2028}\x{2029}]";
const LINE_BREAK: &str = r"(?:\r\n|[\x{85}\x{2028}-\x{2029}\x{a}-\x{d}])";

/// The POSIX classes, which are ASCII in Java.
const POSIX: [(&str, &str); 13] = [
    ("Lower", "a-z"),
    ("Upper", "A-Z"),
    ("ASCII", r"\x{0}-\x{7f}"),
    ("Alpha", "a-zA-Z"),
    ("Digit", DIGIT),
    ("Alnum", "a-zA-Z0-9"),
    ("Punct", r"\x{21}-\x{2f}\x{3a}-\x{40}\x{5b}-\x{60}\x{7b}-\x{7e}"),
    ("Graph", r"\x{21}-\x{7e}"),
    ("Print", r"\x{20}-\x{7e}"),
    ("Blank", r"\x{20}\x{9}-\x{9}"),
    ("Cntrl", r"\x{7f}\x{0}-\x{1f}"),
    ("XDigit", "a-fA-F0-9"),
    ("Space", SPACE),
];

/// Other names of properties.
const PROPERTIES: [(&str, &str); 8] = [
    ("javaLowerCase", "Lowercase"),
    ("javaUpperCase", "Uppercase"),
    ("javaAlphabetic", "Alphabetic"),
    ("javaLetter", "L"),
    ("javaDigit", "Nd"),
    ("javaWhitespace", "White_Space"),
    ("IsDigit", "Nd"),
    ("IsPunctuation", "P"),
];

/// Translates a pattern, with `end` for what `$` means; nothing if Java would not read it.
pub(super) fn translated(java: &str, end: &str) -> Option<Translation> {
    let mut reader = Reader {
        rest: java.chars().collect(),
        at: 0,
        out: String::new(),
        end,
        groups: 0,
        hard: false,
        ends: false,
        dot_all: false,
        lines: false,
        unicode: false,
    };
    reader.pattern()?;
    Some(Translation { text: reader.out, hard: reader.hard, ends: reader.ends })
}

/// A flag counts from where it stands to the pattern's end, even if it stands in a group.
struct Reader<'a> {
    rest: Vec<char>,
    at: usize,
    out: String,
    end: &'a str,
    groups: usize,
    hard: bool,
    ends: bool,
    dot_all: bool,
    lines: bool,
    unicode: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.at += usize::from(next.is_some());
        next
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn pattern(&mut self) -> Option<()> {
        while let Some(c) = self.next() {
            match c {
                '\\' => self.escape(false)?,
                '[' => self.class()?,
                '(' => self.group()?,
                '.' if !self.dot_all => self.out.push_str(NO_LINE_END),
                '$' if !self.lines => {
                    self.ends = true;
                    self.out.push_str(self.end);
                }
                '*' | '+' | '?' | '}' => {
                    self.out.push(c);
                    if self.eat('+') {
                        self.hard = true;
                        self.out.push('+');
                    }
                }
                other => self.out.push(other),
            }
        }
        Some(())
    }

    fn group(&mut self) -> Option<()> {
        self.out.push('(');
        if !self.eat('?') {
            self.groups += 1;
            return Some(());
        }
        match self.peek()? {
            c @ (':' | '=' | '!' | '>' | '<') => {
                self.at += 1;
                self.out.push('?');
                self.out.push(c);
                self.groups += usize::from(c == '<' && !matches!(self.peek(), Some('=' | '!')));
                // What looks around may begin with what would repeat elsewhere.
                if c == '<'
                    && let Some(c @ ('=' | '!')) = self.peek()
                {
                    self.at += 1;
                    self.out.push(c);
                }
            }
            _ => self.flags()?,
        }
        Some(())
    }

    fn flags(&mut self) -> Option<()> {
        let (mut on, mut off, mut to) = (String::new(), String::new(), true);
        loop {
            match self.next()? {
                '-' => to = false,
                end @ (':' | ')') => {
                    let off = if off.is_empty() { off } else { format!("-{off}") };
                    match (on.is_empty() && off.is_empty(), end) {
                        (true, ')') => {
                            self.out.pop();
                        }
                        (_, end) => self.out.push_str(&format!("?{on}{off}{end}")),
                    }
                    return Some(());
                }
                'U' => self.unicode = to,
                'd' | 'u' => {}
                flag @ ('i' | 'm' | 's' | 'x') => {
                    match flag {
                        's' => self.dot_all = to,
                        'm' => self.lines = to,
                        _ => {}
                    }
                    if to { &mut on } else { &mut off }.push(flag);
                }
                _ => return None,
            }
        }
    }

    fn class(&mut self) -> Option<()> {
        let mut depth = 0;
        let mut c = '[';
        loop {
            match c {
                '[' => {
                    depth += 1;
                    self.out.push('[');
                    if self.eat('^') {
                        self.out.push('^');
                    }
                    if self.eat(']') {
                        self.out.push_str(r"\]");
                    }
                }
                ']' => {
                    depth -= 1;
                    self.out.push(']');
                    if depth == 0 {
                        return Some(());
                    }
                }
                '\\' => self.escape(true)?,
                '~' => self.out.push_str(r"\~"),
                other => self.out.push(other),
            }
            c = self.next()?;
        }
    }

    fn escape(&mut self, in_class: bool) -> Option<()> {
        let c = self.next()?;
        match c {
            'd' | 'D' | 'w' | 'W' | 's' | 'S' if self.unicode => self.copied(c),
            'd' | 'D' => self.set(DIGIT, c == 'D', in_class),
            'w' | 'W' => self.set(WORD, c == 'W', in_class),
            's' | 'S' => self.set(SPACE, c == 'S', in_class),
            'h' | 'H' => self.set(HORIZONTAL, c == 'H', in_class),
            'v' | 'V' => self.set(VERTICAL, c == 'V', in_class),
            'R' if !in_class => self.out.push_str(LINE_BREAK),
            'p' | 'P' => self.property(c == 'P', in_class)?,
            'Q' => self.quoted(),
            'E' => {}
            'x' => {
                let braced = self.eat('{');
                let code = self.code(if braced { 1..=6 } else { 2..=2 }, 16)?;
                if braced && !self.eat('}') {
                    return None;
                }
                self.literal(char::from_u32(code)?);
            }
            'u' => self.unit()?,
            '0' => {
                let code = self.code(1..=3, 8)?;
                self.literal(char::from_u32(code)?);
            }
            'c' => {
                let code = u32::from(self.next()?) ^ 64;
                self.literal(char::from_u32(code)?);
            }
            't' => self.literal('\t'),
            'n' => self.literal('\n'),
            'r' => self.literal('\r'),
            'f' => self.literal('\u{c}'),
            'a' => self.literal('\u{7}'),
            'e' => self.literal('\u{1b}'),
            'Z' if !in_class => {
                self.ends = true;
                self.out.push_str(self.end);
            }
            '1'..='9' if !in_class => self.back(c),
            'b' | 'B' | 'A' | 'z' | 'G' | 'k' if !in_class => self.copied(c),
            letter if letter.is_ascii_alphanumeric() => return None,
            other => self.literal(other),
        }
        Some(())
    }

    fn copied(&mut self, c: char) {
        self.out.push('\\');
        self.out.push(c);
    }

    fn literal(&mut self, c: char) {
        match c.is_alphanumeric() || c == '_' {
            true => self.out.push(c),
            false => self.out.push_str(&format!("\\x{{{:x}}}", u32::from(c))),
        }
    }

    fn set(&mut self, class: &str, negated: bool, in_class: bool) {
        match (negated, in_class) {
            (false, true) => self.out.push_str(class),
            (false, false) => self.out.push_str(&format!("[{class}]")),
            (true, _) => self.out.push_str(&format!("[^{class}]")),
        }
    }

    fn property(&mut self, negated: bool, in_class: bool) -> Option<()> {
        let mut name = String::new();
        match self.next()? {
            '{' => loop {
                match self.next()? {
                    '}' => break,
                    c => name.push(c),
                }
            },
            one => name.push(one),
        }
        if let Some((_, class)) = POSIX.iter().find(|(known, _)| *known == name) {
            self.set(class, negated, in_class);
            return Some(());
        }
        let known = PROPERTIES.iter().find(|(known, _)| *known == name).map(|(_, property)| *property);
        let property = known.unwrap_or_else(|| name.strip_prefix("Is").unwrap_or(&name));
        let letter = if negated { 'P' } else { 'p' };
        self.out.push_str(&format!("\\{letter}{{{property}}}"));
        Some(())
    }

    fn quoted(&mut self) {
        while let Some(c) = self.next() {
            if c == '\\' && self.eat('E') {
                return;
            }
            self.literal(c);
        }
    }

    /// Digits of a character's number, as many as there are within the range.
    fn code(&mut self, digits: std::ops::RangeInclusive<usize>, radix: u32) -> Option<u32> {
        let (mut code, mut count) = (0, 0);
        while count < *digits.end()
            && let Some(digit) = self.peek().and_then(|c| c.to_digit(radix))
        {
            // Java reads a third octal digit only while the number fits a byte.
            if radix == 8 && code * radix + digit > 0o377 {
                break;
            }
            code = code * radix + digit;
            count += 1;
            self.at += 1;
        }
        (count >= *digits.start()).then_some(code)
    }

    /// A character as `\u` and four digits, or as two of them.
    fn unit(&mut self) -> Option<()> {
        let first = self.code(4..=4, 16)?;
        if let Some(c) = char::from_u32(first) {
            self.literal(c);
            return Some(());
        }
        if !(self.eat('\\') && self.eat('u')) {
            return None;
        }
        let second = self.code(4..=4, 16)?;
        let pair = [u16::try_from(first).ok()?, u16::try_from(second).ok()?];
        let c = char::decode_utf16(pair).next()?.ok()?;
        self.literal(c);
        Some(())
    }

    /// A back reference takes more digits only while there is such a group.
    fn back(&mut self, first: char) {
        self.hard = true;
        let mut group = first.to_digit(10).map_or(0, |digit| digit as usize);
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            let longer = group * 10 + digit as usize;
            if longer > self.groups {
                break;
            }
            group = longer;
            self.at += 1;
        }
        self.out.push_str(&format!("(?:\\{group})"));
    }
}
