//! Each marked line breaks a lint of the whole house and must be refused; the others must pass.

#[derive(Clone, Copy)]
pub enum Word {
    One,
    Two,
    Three,
}

pub fn in_full(word: Word) -> u8 {
    match word {
        Word::One => 1,
        Word::Two => 2,
        Word::Three => 3,
    }
}

pub fn with_the_rest(word: Word) -> u8 {
    match word {
        Word::One => 1,
        _ => 2, // breach
    }
}

pub fn raw(at: *const u8) -> u8 {
    unsafe { *at } // breach
}

pub fn sure(text: &str) -> u8 {
    text.parse().unwrap() // breach
}

pub fn unfinished() -> u8 {
    todo!() // breach
}

pub fn left_behind(n: u8) -> u8 {
    dbg!(n) // breach
}

pub fn checked(text: &str) -> u8 {
    text.parse().unwrap_or(0)
}
