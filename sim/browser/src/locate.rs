//! How people name what they see: by its label or its words, and by a CSS selector where there are none.

/// What is looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Something to type or choose in.
    Field,
    /// Something to press.
    Button,
}

impl Kind {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::Button => "button",
        }
    }
}

/// Finds the element; runs in the page.
pub(crate) const LOCATE: &str = include_str!("locate.js");

/// Tells what a person gets from the page; runs in the page.
pub const FACTS: &str = include_str!("facts.js");

/// Puts a value into a field as if it had been pasted there; runs in the page.
pub(crate) const PASTE: &str = "
const [field, value] = arguments;
field.focus();
if (field.localName === 'select') {
  const option = [...field.options].find((it) => it.value === value) ?? [...field.options].find((it) => it.text.trim() === value);
  if (!option) return [...field.options].map((it) => it.value);
  field.value = option.value;
} else field.value = value;
field.dispatchEvent(new Event('input', { bubbles: true }));
field.dispatchEvent(new Event('change', { bubbles: true }));
return null;";
