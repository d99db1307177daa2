//! Every rule of the real gateway that the sandbox holds a merchant to: a lenient gateway fails here.

mod answers;
mod authorization;
mod certificates;
mod command_line;
mod directory;
mod fields;
mod login;
mod merchant;
mod notifications;
mod orders;
mod parties;
mod receiver;
mod refunds;
mod sheet;
mod v2;
