"""What Schemathesis is told of us, see contract.rs: who calls, and what is written down of the answers.

Nobody is limited in these runs because of how fast they are: each call is the next user's, of as many
as stand in the file, and comes from an address of its own. What belongs to one user is asked for by
that user.
"""

import atexit
import collections
import itertools
import json
import os
import re

import requests
import schemathesis

WHO = json.load(open(os.environ["CONTRACT_WHO"]))
LINKED, FRESH = itertools.cycle(WHO["linked"]), itertools.cycle(WHO["fresh"])
ADDRESSES = itertools.count(1)
# Whose a thing is that an answer named.
OWNERS = {}
TALLY = collections.Counter()
# A key belongs to the write that it came with first, which no schema can say: what would be another
# write has a key of its own.
KEY = re.compile(r'[!#-~][!-~]{0,127}|"[!-~]{1,128}"')
KEYS = set()
# Those of the runs before, whose users are the same.
BEFORE = os.environ["CONTRACT_KEYS"]
if os.path.exists(BEFORE):
    KEYS.update(json.load(open(BEFORE)))


def ends_links(case):
    """What takes a link or its switches away from a user, and what needs none."""
    path = case.path
    changes = case.method == "DELETE" and path == "/trakt/association" or path == "/trakt/settings"
    return changes or path.startswith(("/trakt/auth/", "/trakt/admin/"))


@schemathesis.auth(refresh_interval=None)
class Turns:
    def get(self, case, context):
        named = [(case.path_parameters or {}).get("id")]
        if isinstance(case.body, dict):
            named.append(case.body.get("deviceCode"))
        for name in named:
            if isinstance(name, str) and name in OWNERS:
                return OWNERS[name]
        return next(FRESH if ends_links(case) else LINKED)

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"


SEND = requests.Session.send


def send(session, request, **options):
    """Every call there is, those by which a check makes sure included."""
    number = next(ADDRESSES)
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    request.headers["X-Forwarded-For"] = address
    key = request.headers.get("Idempotency-Key")
    if isinstance(key, str) and KEY.fullmatch(key):
        # With quotes it is the same key.
        word = key[1:-1] if key.startswith('"') else key
        if word in KEYS:
            word = f"again-{len(KEYS)}"
            request.headers["Idempotency-Key"] = word
        KEYS.add(word)
    response = SEND(session, request, **options)
    TALLY[str(response.status_code)] += 1
    kind = response.headers.get("content-type")
    # By calls of "/" it looks what its own client can send: control characters in a header never become
    # a request.
    probe = request.path_url == "/"
    if response.status_code >= 400 and not probe and kind != "application/problem+json" and request.method != "HEAD":
        TALLY["no problem"] += 1
        print(f"no problem: {response.status_code} {kind} {request.method} {request.url!r}", flush=True)
    return response


requests.Session.send = send


@schemathesis.hook
def after_call(context, case, response):
    status = response.status_code
    if 200 <= status < 300:
        TALLY[f"well {case.method} {case.path}"] += 1
    sent = response.request.headers.get("Authorization", "")
    kind = response.headers.get("content-type", [""])[0]
    if status in (200, 202) and kind == "application/json" and sent.startswith("Bearer "):
        found = json.loads(response.content)
        for name in ("id", "deviceCode"):
            if isinstance(found, dict) and isinstance(found.get(name), str):
                OWNERS[found[name]] = sent.removeprefix("Bearer ")


@atexit.register
def tell():
    with open(os.environ["CONTRACT_TALLY"], "w") as file:
        json.dump(TALLY, file)
    with open(BEFORE, "w") as file:
        json.dump(list(KEYS), file)
