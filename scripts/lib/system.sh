# shellcheck shell=bash
# What the scripts need from the machine: looked for, named, and on Debian and Ubuntu installed.
# Sourced by the scripts, which run under `set -euo pipefail`. Kept to bash 3.2, as macOS has it.

note() { printf '%s\n' "$*" >&2; }
die() {
    note "$*"
    exit 1
}

# --- what is there -----------------------------------------------------------------------------
# Each check looks for the thing itself, not for a package: it may have come another way.

has() { command -v "$1" >/dev/null 2>&1; }

# Links an empty program with the flags given.
links() {
    local dir ok=1
    has cc || return 1
    dir=$(mktemp -d)
    printf 'int main(void) { return 0; }\n' >"$dir/empty.c"
    cc "$dir/empty.c" -o "$dir/empty" "$@" >/dev/null 2>&1 && ok=0
    rm -rf "$dir"
    return "$ok"
}

has_libpq() {
    has pg_config && links "-L$(pg_config --libdir)" -lpq
}

# The folders in which PostgreSQL's programs are looked for, one a line.
postgres_dirs() {
    printf '%s\n' "$PATH" | tr ':' '\n'
    if has pg_config; then pg_config --bindir; fi
    local dir
    for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin \
        /usr/local/opt/postgresql*/bin /home/linuxbrew/.linuxbrew/opt/postgresql*/bin \
        /Applications/Postgres.app/Contents/Versions/*/bin; do
        if [ -d "$dir" ]; then printf '%s\n' "$dir"; fi
    done
}

# Whether one of those folders has all the programs named.
postgres_has() {
    local dir program found
    while IFS= read -r dir; do
        found=yes
        for program in "$@"; do [ -x "$dir/$program" ] || found=no; done
        if [ "$found" = yes ]; then return 0; fi
    done <<<"$(postgres_dirs)"
    return 1
}

# Ubuntu's packages are stubs where snap does not work: so chromedriver is run.
has_browser() {
    { has chromium || has chromium-browser || has google-chrome; } &&
        chromedriver --version >/dev/null 2>&1
}

has_venv() { has python3 && python3 -c 'import ensurepip, venv' >/dev/null 2>&1; }

is_ubuntu() { [ -r /etc/os-release ] && grep -q '^ID=ubuntu$' /etc/os-release; }
is_root() { [ "$(id -u)" -eq 0 ]; }

# --- what is missing ---------------------------------------------------------------------------

lacking='' debian='' fedora='' brew=''

# want NAME 'DEBIAN PACKAGES' 'FEDORA PACKAGES' 'HOMEBREW PACKAGES' CHECK…
want() {
    local name=$1 on_debian=$2 on_fedora=$3 on_brew=$4
    shift 4
    if "$@"; then return 0; fi
    # Two groups may want the same.
    case ", $lacking, " in *", $name, "*) return 0 ;; esac
    lacking="$lacking${lacking:+, }$name"
    debian="$debian $on_debian" fedora="$fedora $on_fedora" brew="$brew $on_brew"
}

look() {
    lacking='' debian='' fedora='' brew=''
    local group
    for group in "$@"; do
        case $group in
        build)
            want 'a C compiler' 'gcc libc6-dev' 'gcc glibc-devel' 'gcc' links
            want 'libpq' 'libpq-dev' 'libpq-devel' 'libpq' has_libpq
            ;;
        run)
            want 'PostgreSQL' 'postgresql' 'postgresql-server' 'postgresql' \
                postgres_has initdb postgres pg_ctl
            # PostgreSQL refuses to run as root, so the service hands it to another user.
            if is_root; then want 'setpriv' 'util-linux' 'util-linux' 'util-linux' has setpriv; fi
            ;;
        test)
            want 'curl' 'curl' 'curl' 'curl' has curl
            want 'psql and pg_dump' 'postgresql-client' 'postgresql' 'postgresql' \
                postgres_has psql pg_dump
            want 'pgbench' 'postgresql' 'postgresql-contrib' 'postgresql' \
                postgres_has pgbench
            ;;
        page)
            want 'npm' 'npm' 'nodejs-npm' 'node' has npm
            ;;
        python)
            want 'Python with venv' 'python3 python3-venv' 'python3' 'python' has_venv
            ;;
        browser)
            if is_ubuntu; then
                want 'Chromium and ChromeDriver' 'chromium-browser chromium-chromedriver' '' '' \
                    has_browser
            else
                want 'Chromium and ChromeDriver' 'chromium chromium-driver' \
                    'chromium chromedriver' '--cask chromium chromedriver' has_browser
            fi
            ;;
        check)
            # To judge the systemd unit; nothing of it runs.
            if [ "$(uname -s)" = Linux ]; then
                want 'systemd-analyze' 'systemd' 'systemd' '' has systemd-analyze
            fi
            want 'Python with venv' 'python3 python3-venv' 'python3' 'python' has_venv
            ;;
        package)
            want 'dpkg-shlibdeps' 'dpkg-dev' 'dpkg-dev' 'dpkg' has dpkg-shlibdeps
            ;;
        try)
            want 'debootstrap' 'debootstrap' 'debootstrap' '' has debootstrap
            want 'unshare and nsenter' 'util-linux' 'util-linux' '' has unshare
            want 'pgrep' 'procps' 'procps-ng' '' has pgrep
            want 'curl' 'curl' 'curl' 'curl' has curl
            ;;
        *) die "look: no group $group" ;;
        esac
    done
}

# --- getting it --------------------------------------------------------------------------------

as_root() {
    if is_root; then "$@"; else sudo "$@"; fi
}

apt() {
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=300 -qq "$@" </dev/null >/dev/null
}

# Debian's server package creates and starts a cluster of its own at port 5432, which nobody here
# asked for. Its switch is a file of postgresql-common.
forbid_default_cluster() {
    local file=/etc/postgresql-common/createcluster.conf
    apt install --no-install-recommends postgresql-common
    if ! grep -qs '^[[:space:]]*create_main_cluster' "$file"; then
        note "    (with create_main_cluster = false in $file: no cluster is started)"
        printf '\ncreate_main_cluster = false\n' | as_root tee -a "$file" >/dev/null
    fi
}

install_with_apt() {
    if ! is_root && ! has sudo; then
        die "Neither root nor sudo. As root: apt-get install --no-install-recommends$debian"
    fi
    note "==> installing:$debian"
    apt update || note '    (the package lists could not be brought up to date)'
    case " $debian " in
    *' postgresql '*) forbid_default_cluster ;;
    esac
    # The list is words on purpose.
    # shellcheck disable=SC2086
    apt install --no-install-recommends $debian
}

# need GROUP…: sees to it that everything of these groups is there, or ends the script. Without a
# lack it touches neither apt nor the network.
need() {
    look "$@"
    if [ -z "$lacking" ]; then return 0; fi
    note "==> missing on this machine: $lacking"
    if ! has apt-get; then
        if has brew; then die "Install them, then run this again: brew install$brew"; fi
        if has dnf; then die "Install them, then run this again: sudo dnf install$fedora"; fi
        die 'Install them with the package manager of this system, then run this again.'
    fi
    install_with_apt || die "apt-get could not install:$debian"
    hash -r
    look "$@"
    if [ -n "$lacking" ]; then die "Still missing after the installation: $lacking"; fi
}

# --- Rust --------------------------------------------------------------------------------------

need_cargo() {
    if ! has cargo && [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
        PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
        export PATH
    fi
    has cargo || die 'Rust is missing: install it from https://rustup.rs, then run this again.'
}

need_fmt_and_clippy() {
    { cargo fmt --version && cargo clippy --version; } >/dev/null ||
        die 'rustfmt or clippy is missing: rustup component add rustfmt clippy'
}

# axe-core, which looks for what keeps people from using a page: installed from npm below the build's
# own folder where it is missing; prints where it is.
axe() {
    local prefix
    prefix=$(target_dir)/axe-$1
    if [ ! -f "$prefix/node_modules/axe-core/axe.min.js" ]; then
        npm install --no-fund --no-audit --no-save --silent --prefix "$prefix" \
            "axe-core@$1" >&2 || return 1
    fi
    printf '%s\n' "$prefix/node_modules/axe-core/axe.min.js"
}

# promtool, which checks metrics and alerts: where it is missing it is taken out of Debian's package
# `prometheus`, below the build's own folder, as installing that would start a server; prints where
# it is.
promtool_path() {
    if has promtool; then
        command -v promtool
        return
    fi
    local dir
    dir=$(target_dir)/prometheus
    if [ ! -x "$dir/usr/bin/promtool" ]; then
        has apt-get && has dpkg || return 1
        rm -rf "$dir"
        mkdir -p "$dir"
        (
            cd "$dir"
            note '==> unpacking promtool from the package prometheus'
            if ! apt-get -qq -o APT::Sandbox::User=root download prometheus; then
                { is_root || has sudo; } && apt update && apt-get -qq -o APT::Sandbox::User=root download prometheus
            fi
            dpkg --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool
            rm -f prometheus_*.deb
        ) >&2 || return 1
    fi
    "$dir/usr/bin/promtool" --version >/dev/null 2>&1 || return 1
    printf '%s\n' "$dir/usr/bin/promtool"
}

# haproxy, for the proofs that put it before the service: the machine's own, or Debian's package,
# unpacked below the build's own folder. Installed it would start a service that nobody here asked
# for. Prints the program.
haproxy_program() {
    local dir libraries
    PATH="$PATH:/usr/sbin" command -v haproxy && return 0
    has apt-get || return 1
    dir=$(target_dir)/haproxy
    if [ ! -x "$dir/haproxy" ]; then
        note '==> fetching haproxy'
        # The second time with lists of packages that are up to date.
        fetch_haproxy "$dir" || { apt update && fetch_haproxy "$dir"; } || return 1
        libraries=$(find "$dir/root" -name '*.so*' -exec dirname {} + | sort -u | tr '\n' ':')
        printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' \
            "${libraries%:}" "$dir/root/usr/sbin/haproxy" >"$dir/haproxy"
        chmod +x "$dir/haproxy"
    fi
    "$dir/haproxy" -v >/dev/null 2>&1 || return 1
    printf '%s\n' "$dir/haproxy"
}

# Unpacks haproxy into a folder, with all that it needs and this machine has not.
fetch_haproxy() {
    local packages package
    rm -rf "$1"
    mkdir -p "$1/root"
    packages=$(apt-get install --simulate --no-install-recommends haproxy 2>/dev/null |
        sed -n 's/^Inst \([^ ]*\).*/\1/p')
    if [ -z "$packages" ]; then return 1; fi
    # The list is words on purpose.
    # shellcheck disable=SC2086
    (cd "$1" && apt-get -qq download $packages >&2) || return 1
    for package in "$1"/*.deb; do dpkg -x "$package" "$1/root" || return 1; done
}

# What makes a typed client from an OpenAPI document, and checks it: installed from npm in the same way;
# prints the folder.
typescript() {
    local prefix
    prefix=$(target_dir)/typescript-1
    if [ ! -f "$prefix/node_modules/openapi-fetch/package.json" ]; then
        npm install --no-fund --no-audit --no-save --silent --prefix "$prefix" \
            typescript@5.9.3 openapi-typescript@7.13.0 openapi-fetch@0.17.0 \
            @types/node@18.19.130 >&2 || return 1
    fi
    printf '%s\n' "$prefix"
}

# Schemathesis of this version, which holds the running service against its OpenAPI document: installed
# from PyPI in the same way; prints where its program is.
schemathesis() {
    local prefix
    prefix=$(target_dir)/schemathesis-$1
    if [ ! -x "$prefix/bin/schemathesis" ]; then
        { python3 -m venv "$prefix" &&
            "$prefix/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$1"; } >&2 ||
            return 1
    fi
    printf '%s\n' "$prefix/bin/schemathesis"
}

# Where cargo puts what it builds, whichever way that was set.
target_dir() {
    cargo metadata --no-deps --format-version 1 --locked |
        sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p'
}
