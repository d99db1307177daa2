//! Randomness from the cryptographic library.

/// The operating system gave no randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no random bytes; nothing was sent")]
pub struct NoRandomness;

/// Fresh random bytes.
///
/// # Errors
/// When the operating system has none to give.
pub fn bytes<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// `N` fresh random bytes as lower-case hex: fits a nonce (letters and digits, at most 32 of them)
/// and an order number alike.
///
/// # Errors
/// When the operating system has none to give.
pub fn hex<const N: usize>() -> Result<String, NoRandomness> {
    bytes::<N>().map(hex::encode)
}
