//! Where DATA_DIR may be, and who may run us.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;

use rustix::process::geteuid;
use trakt_store::cluster::{Cluster, Role};

use crate::probe::{pgdata, postmaster, server_processes, sql};
use crate::process::Other;

/// A user id that owns nothing here; `nobody` on Linux.
const NOBODY: u32 = 65534;

fn private(path: &Path) {
    fs::create_dir(path).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn below_a_directory_that_only_we_may_enter() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("root");
    private(&home);
    let cluster = Cluster::open(&home.join("data"), Role::Serve).unwrap();
    assert_eq!(sql(&cluster.url(), "SELECT 1"), "1");
    cluster.stop().unwrap();
    assert_eq!(
        fs::metadata(home).unwrap().uid(),
        geteuid().as_raw(),
        "and it stays ours"
    );
}

#[test]
fn at_a_path_longer_than_the_address_of_a_socket() {
    let dir = tempfile::tempdir().unwrap();
    let data_dir = dir
        .path()
        .join("long-".repeat(20))
        .join("and-longer-".repeat(20));
    assert!(data_dir.as_os_str().len() > 300);

    let serve = Cluster::open(&data_dir, Role::Serve).unwrap();
    assert_eq!(sql(&serve.url(), "SELECT 1"), "1");
    let command = Other::open(&data_dir, Role::Command).unwrap();
    assert_eq!(sql(&command.url, "SELECT 2"), "2");
    command.close();
    serve.stop().unwrap();
    assert_eq!(server_processes(&data_dir), [0; 0]);
}

#[test]
fn at_a_path_with_characters_that_mean_something() {
    let dir = tempfile::tempdir().unwrap();
    let data_dir = dir.path().join("a b,c'd\"e%2F&f=ü$HOME");
    let cluster = Cluster::open(&data_dir, Role::Serve).unwrap();
    assert_eq!(sql(&cluster.url(), "SELECT 1"), "1");
}

#[test]
fn two_names_of_one_directory_are_one_cluster() {
    let dir = tempfile::tempdir().unwrap();
    let (real, link) = (dir.path().join("real"), dir.path().join("link"));
    private(&real);
    symlink(&real, &link).unwrap();
    let serve = Cluster::open(&real, Role::Serve).unwrap();
    assert!(Cluster::open(&link, Role::Serve).is_err());
    let server = postmaster(&real).unwrap();
    let command = Cluster::open(&link, Role::Command).unwrap();
    assert_eq!(postmaster(&link), Some(server));
    command.stop().unwrap();
    serve.stop().unwrap();
}

#[test]
fn as_an_ordinary_user_and_then_as_root() {
    if !geteuid().is_root() {
        // The other tests run as an ordinary user then.
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let exe = dir.path().join("exe");
    fs::copy(std::env::current_exe().unwrap(), &exe).unwrap();
    let data_dir = dir.path().join("data");
    private(&data_dir);
    chown(&data_dir, Some(NOBODY), Some(NOBODY)).unwrap();

    // Root comes first and must leave nothing that keeps the owner out.
    let root = Cluster::open(&data_dir, Role::Command).unwrap();
    sql(
        &root.url(),
        "CREATE TABLE t (id int); INSERT INTO t VALUES (1)",
    );
    root.stop().unwrap();
    assert_eq!(fs::metadata(pgdata(&data_dir)).unwrap().uid(), NOBODY);

    let serve = Other::open_as(NOBODY, &exe, &data_dir).unwrap();
    let server = postmaster(&data_dir).unwrap();
    let status = fs::read_to_string(format!("/proc/{}/status", server.as_raw_nonzero())).unwrap();
    assert!(status.contains(&format!("Uid:\t{NOBODY}\t")), "{status}");
    assert_eq!(sql(&serve.url, "SELECT count(*) FROM t"), "1");

    // Root's command shares the user's server.
    let root = Cluster::open(&data_dir, Role::Command).unwrap();
    assert_eq!(postmaster(&data_dir), Some(server));
    root.stop().unwrap();
    serve.close();
    assert_eq!(server_processes(&data_dir), [0; 0]);

    // A cluster of another user is refused with what to do.
    fs::set_permissions(&data_dir, fs::Permissions::from_mode(0o755)).unwrap();
    let refused = Other::open_as(NOBODY - 1, &exe, &data_dir).err().unwrap();
    assert!(
        refused.contains(&NOBODY.to_string()) && refused.contains("as root"),
        "{refused}"
    );
}
