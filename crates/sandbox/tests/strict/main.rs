//! Every rule of the real gateway that the sandbox holds a merchant to: a lenient gateway fails here.

mod answers;
mod authorization;
mod bills;
mod certificates;
mod clock;
mod command_line;
mod deliveries;
mod diagnosis;
mod directory;
mod documentation;
mod faults;
mod fields;
mod hostile;
mod login;
mod merchant;
mod notifications;
mod orders;
mod page;
mod parties;
mod partner;
mod receiver;
mod refunds;
mod sheet;
mod shipping;
mod store;
mod v2;
