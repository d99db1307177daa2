//! The XML of v2, both ways: one root, fields in it, text in them, and nothing else. What other XML
//! can do (entities above all: CVE-2018-13439, CVE-2018-20318) is refused before it is looked into.

use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::Fields;

/// The largest message that is read: WeChat's have a few kilobytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// Why a message is not read, or not written. Quotes nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// Larger than any message of WeChat's.
    #[error("the message is larger than 64 KiB")]
    TooLarge,
    /// Another encoding.
    #[error("the message is not UTF-8")]
    NotUtf8,
    /// A document type, the way to external entities. Nothing of it was resolved.
    #[error("the message has a DOCTYPE, which WeChat Pay never sends: it is an attack")]
    Doctype,
    /// Not well-formed, or cut off.
    #[error("the message is not well-formed XML")]
    Malformed,
    /// Well-formed, but not a flat list of fields.
    #[error("the message is not a flat list of fields in one xml element")]
    NotFlat,
    /// The same field twice: which of the two would be signed?
    #[error("a field of the message appears twice")]
    Duplicate,
    /// A character that XML cannot carry, or a name that is no name.
    #[error("a name or a value holds a character that XML cannot carry")]
    IllegalCharacter,
}

/// Where in the message the reader is.
enum Place {
    BeforeRoot,
    InRoot,
    InField { name: String, value: String },
    AfterRoot,
}

pub(super) fn read(message: &[u8]) -> Result<Fields, XmlError> {
    if message.len() > MAX_BYTES {
        return Err(XmlError::TooLarge);
    }
    let text = core::str::from_utf8(message).map_err(|_| XmlError::NotUtf8)?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().enable_all_checks(true);
    let mut fields = Fields::new();
    let mut place = Place::BeforeRoot;
    let mut first = true;
    loop {
        let event = reader.read_event().map_err(|_| XmlError::Malformed)?;
        place = match (place, event) {
            (_, Event::DocType(_)) => return Err(XmlError::Doctype),
            (place @ Place::BeforeRoot, Event::Decl(declaration)) if first => {
                let utf8 = |name: &str| name.eq_ignore_ascii_case("utf-8");
                match declaration.encoding() {
                    None => place,
                    Some(Ok(name)) if utf8(&name) => place,
                    Some(Ok(_)) => return Err(XmlError::NotUtf8),
                    Some(Err(_)) => return Err(XmlError::Malformed),
                }
            }
            // Line feeds between the fields; the reader counts as text whatever is no markup.
            (place @ (Place::BeforeRoot | Place::InRoot | Place::AfterRoot), Event::Text(between))
                if between.chars().all(|c| matches!(c, ' ' | '\t' | '\r' | '\n')) =>
            {
                place
            }
            (Place::BeforeRoot, Event::Start(root)) if is_root(&root) => Place::InRoot,
            (Place::InRoot, Event::Start(field)) => Place::InField { name: name(&field)?, value: String::new() },
            (place @ Place::InRoot, Event::Empty(field)) => {
                fields.insert_new(&name(&field)?, String::new())?;
                place
            }
            (Place::InRoot, Event::End(_)) => Place::AfterRoot,
            (Place::InField { name, mut value }, Event::Text(part)) => {
                value.push_str(&part.xml10_content());
                Place::InField { name, value }
            }
            (Place::InField { name, mut value }, Event::CData(part)) => {
                value.push_str(&part.xml10_content());
                Place::InField { name, value }
            }
            (Place::InField { name, mut value }, Event::GeneralRef(reference)) => {
                value.push(character(&reference)?);
                Place::InField { name, value }
            }
            (Place::InField { name, value }, Event::End(_)) => {
                if !value.chars().all(is_legal) {
                    return Err(XmlError::IllegalCharacter);
                }
                fields.insert_new(&name, value)?;
                Place::InRoot
            }
            (Place::AfterRoot, Event::Eof) => return Ok(fields),
            (_, Event::Eof) => return Err(XmlError::Malformed),
            // A comment, too: within a number it would make another number of it.
            _ => return Err(XmlError::NotFlat),
        };
        first = false;
    }
}

pub(super) fn write(fields: &Fields) -> Result<String, XmlError> {
    let mut message = String::from("<xml>");
    for (name, value) in fields.iter() {
        if !is_name(name) || !value.chars().all(is_legal) {
            return Err(XmlError::IllegalCharacter);
        }
        // A carriage return goes by its number, too: bare, it would be read as a line feed, and the
        // signature would not fit.
        let value = escape(value);
        message.push_str(&format!("<{name}>{value}</{name}>"));
    }
    message.push_str("</xml>");
    Ok(message)
}

/// `xml` in messages, `root` inside `req_info`.
fn is_root(element: &BytesStart<'_>) -> bool {
    matches!(element.name().as_ref(), "xml" | "root")
}

fn name(element: &BytesStart<'_>) -> Result<String, XmlError> {
    let name = element.name();
    let name: &str = name.as_ref();
    if is_name(name) { Ok(name.to_owned()) } else { Err(XmlError::IllegalCharacter) }
}

/// As WeChat's are; no colon, so no namespace.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

/// The five predefined entities and characters by their number; without a DOCTYPE there are no others.
fn character(reference: &BytesRef<'_>) -> Result<char, XmlError> {
    if let Some(character) = reference.resolve_char_ref().map_err(|_| XmlError::Malformed)? {
        return Ok(character);
    }
    match reference.as_ref() {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "apos" => Ok('\''),
        "quot" => Ok('"'),
        _ => Err(XmlError::Malformed),
    }
}

const fn is_legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
