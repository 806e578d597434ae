//! Has the crate built again when a migration is added: the macro that embeds them tells cargo
//! of the files that it read, but not of a new one. The folder is a link to the one at the top of the
//! repository; a published crate has the folder itself.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
