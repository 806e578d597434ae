//! Has the crate built again when a migration is added: the macro that embeds them tells cargo
//! of the files that it read, but not of a new one.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
