"""What a tester of the API must know of the installation before it: which cases, actions, people there are.

The description says what holds everywhere. Here it is narrowed to what is there: ids become lists of real ones, and what the
procedures ask is asked of the server. Calls that one cannot guess - an action with what it needs, two records that can become one -
are added as examples. In the end every operation must have answered with a status of success.
"""

import os
import threading
from datetime import datetime, timedelta, timezone

import requests
import schemathesis

API = os.environ["BIHUAN_API"] + "/api/v1"
KEY = os.environ["BIHUAN_KEY"]
PHONE = "138123499%02d"
TEXT = "设备无法启动，开机后屏幕显示错误代码 E07，已按说明书重启三次仍未恢复正常"

session = requests.Session()
session.headers.update({"Authorization": f"Bearer {KEY}"})


def call(method, path, expected=(200, 201, 204), **more):
    answer = session.request(method, API + path, timeout=60, **more)
    assert answer.status_code in expected, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None


def ids(path, name="id", most=12):
    return [one[name] for one in call("GET", path)["items"]][:most]


def sample(schema, person):
    """A value that fits what the server says of a field."""
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "boolean":
        return True
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    if kind == "array":
        return [sample(schema["items"], person)]
    if kind == "object":
        required = schema.get("required", [])
        return {key: sample(one, person) for key, one in schema.get("properties", {}).items() if key in required}
    if schema.get("x-kind") == "tel":
        return PHONE % (sample.count % 100)
    if schema.get("format") == "date-time":
        return (datetime.now(timezone.utc) - timedelta(hours=1)).isoformat(timespec="seconds")
    return person if schema.get("description") == "id of a person" else TEXT


sample.count = 0


def tried(path, body, schemas, person):
    """Sends a body until nothing is missing in it; the body and the answer, or none."""
    for _ in range(6):
        answer = session.post(API + path, json=body, timeout=60)
        if answer.ok:
            return body, answer.json()
        wrong = answer.json().get("fields", []) if answer.status_code == 422 else []
        for one in wrong:
            name = one["field"].removeprefix("input.")
            part = "input" if name in schemas["input"] and name not in schemas["fields"] else "fields"
            if name in schemas[part]:
                body.setdefault(part, {})[name] = sample(schemas[part][name], person)
        if not wrong:
            return None
    return None


def registrations(me):
    """For each procedure a body that opens a case, and the case."""
    for row in call("GET", "/procedures")["items"]:
        procedure = call("GET", f"/procedures/{row['key']}")
        sample.count += 1
        body = {"procedure": row["key"], "fields": sample(procedure["register"], me)}
        for key, schema in procedure["register"]["properties"].items():
            if schema.get("x-kind") == "tel":
                body["fields"][key] = sample(schema, me)
        done = tried("/cases", body, {"fields": procedure["fields"], "input": {}}, me)
        if done:
            yield done[0], done[1]["number"]


def deed(number, me):
    """An action of a case that leaves it where it is and can be done again, with its body."""
    for offer in call("GET", f"/cases/{number}/actions")["items"]:
        if offer["next"]:
            continue
        parts = offer["schema"]["properties"]
        schemas = {part: parts.get(part, {}).get("properties", {}) for part in ("fields", "input")}
        body = {part: sample(parts[part], me) for part in ("fields", "input") if part in parts}
        path = f"/cases/{number}/actions/{offer['key']}"
        done = tried(path, body, schemas, me)
        if done and session.post(API + path, json=done[0], timeout=60).ok:
            return offer["key"], done[0]
    return None


class Seeds:
    """Things of the installation, some of them made to be lost."""

    def __init__(self):
        me = call("GET", "/me")
        self.me = me["id"]
        procedures = [call("GET", f"/procedures/{key}") for key in ids("/procedures", "key")]
        roles = sorted({role["key"] for one in procedures for role in one["roles"]})
        places = sorted({place["key"] for one in procedures for place in one["departments"]})
        # Whoever may do everything is refused nothing for want of a role.
        call("PUT", f"/users/{self.me}", json={"name": me["name"], "roles": roles, "department": places[0], "senior": True})
        opened = list(registrations(self.me))
        numbers = [number for _, number in opened]
        given = {"cases": numbers, "deed": "assign", "input": {"assignee": self.me}}
        call("POST", "/bulk", json=given)
        held = [number for number in numbers if call("GET", f"/cases/{number}")["holder"].get("id") == self.me]
        acts = [(number, *done) for number in held for done in [deed(number, self.me)] if done]
        self.guarded = {self.me} | {one["id"] for one in call("GET", "/keys")["items"] if one["person"]["id"] == self.me}
        lost = [f"lost-{place}" for place in range(8)]
        for one in lost:
            call("PUT", f"/users/{one}", json={"name": "过客"})
            call("PUT", f"/teams/{one}", json={"name": "过客", "members": [self.me]})
            call("PUT", f"/views/{one}", json={"name": one, "filters": {"due": "day"}})
            call("PUT", f"/templates/{one}", json={"name": one, "text": "{customer}，您好"})
            call("POST", "/keys", json={"name": one, "person": self.me, "scopes": ["cases:read"]})
            origin = API.removesuffix("/api/v1")
            requests.post(f"{origin}/sign-in/demo", data={"person": self.me}, allow_redirects=False, timeout=60)
        keys = [one["id"] for one in call("GET", "/keys")["items"] if one["name"] in lost]
        for place in range(18):
            body = {"name": f"客户{place}", "contacts": [{"phone": PHONE % (70 + place)}]}
            call("PUT", f"/customers/T-{place}", json=body)
        pairs = [("T-12", "T-13"), ("T-14", "T-15"), ("T-16", "T-17")]
        for one, other in pairs:
            call("POST", f"/customers/{one}/merges", json={"other": other})
        files = [call("POST", "/attachments", files={"file": ("a.txt", b"a")})["id"]]
        phones = {
            number: next(key for key, value in case["fields"].items() if "*" in str(value))
            for number, case in ((number, call("GET", f"/cases/{number}")) for number in numbers[:2])
        }
        people, customers = ids("/users", most=40), [f"T-{place}" for place in range(6, 10)]
        cursor = {
            path: call("GET", f"{path}?limit=1")["next"].split("cursor=")[1].split("&")[0]
            for path in ("/cases", "/customers")
        }
        clocks = sorted({clock["key"] for one in procedures for clock in one["clocks"]})
        # One of them may be published and retired; no case is opened under it meanwhile.
        spare = procedures[-1]["key"]
        source = call("GET", f"/procedures/{spare}/source")["source"]
        opened = [(body, number) for body, number in opened if body["procedure"] != spare]
        # By the beginning of a path and the name of a parameter; the longest beginning counts.
        self.known = {
            ("get /api/v1/cases", "cursor"): [cursor["/cases"]],
            ("get /api/v1/customers", "cursor"): [cursor["/customers"]],
            (" /api/v1/cases/", "number"): numbers + ids("/cases", "number"),
            (" /api/v1/cases/", "action"): sorted({key for _, key, _ in acts}),
            (" /api/v1/cases/", "clock"): clocks,
            (" /api/v1/procedures/", "key"): [one["key"] for one in procedures],
            ("put /api/v1/procedures/", "key"): [spare],
            ("delete /api/v1/procedures/", "key"): [spare],
            ("post /api/v1/procedures/{key}/checks", "key"): [spare],
            (" /api/v1/calendars/", "name"): ids("/calendars", "name"),
            (" /api/v1/attachments/", "id"): files,
            (" /api/v1/customers/", "id"): customers,
            (" /api/v1/customers/", "other"): customers,
            (" /api/v1/duplicates/", "id"): customers,
            (" /api/v1/duplicates/", "other"): customers,
            ("delete /api/v1/customers/{id}", "id"): ["T-10", "T-11"],
            (" /api/v1/keys/", "id"): keys,
            (" /api/v1/sessions/", "id"): ids("/sessions"),
            **{(f" /api/v1/{kind}/", "id"): lost for kind in ("users", "teams", "views", "templates")},
        }
        # The story of the demonstration may end after today: it is the server's day that counts.
        today = datetime.fromisoformat(call("GET", f"/cases/{numbers[0]}")["registered_at"])
        tomorrow = today + timedelta(days=1)
        csv = "姓名,联系电话\n王小明,13812349999\n".encode()
        # By operation: what is sent as it stands.
        self.examples = {
            "cases_register": [{"body": body} for body, _ in opened],
            "cases_act": [
                {"path_parameters": {"number": number, "action": key}, "body": body} for number, key, body in acts
            ],
            "customers_cases": [{"path_parameters": {"id": "T-1"}}],
            "customers_list": [{}],
            "duplicates_list": [{}],
            "cases_show": [{"path_parameters": {"number": number}} for number in numbers],
            "cases_trace": [
                {"path_parameters": {"number": number, "clock": one["clock"]["key"]}}
                for number in numbers[:2]
                for one in call("GET", f"/cases/{number}/clocks")["items"]
            ],
            "cases_reveal": [
                {"path_parameters": {"number": number}, "body": {"field": key}} for number, key in phones.items()
            ],
            "cases_snooze": [
                {"path_parameters": {"number": number}, "body": {"until": tomorrow.isoformat(timespec="seconds")}}
                for number in held
            ],
            "procedures_check": [{"path_parameters": {"key": spare}, "body": {"source": source}}],
            "procedures_publish": [{"path_parameters": {"key": spare}, "body": {"source": source}}],
            "bulk": [{"body": given | {"preview": True}}],
            "keys_make": [{"body": {"name": "网站", "person": self.me, "scopes": ["cases:read"]}}],
            "customers_merge": [{"path_parameters": {"id": "T-1"}, "body": {"other": "T-2", "take": ["name"]}}],
            "customers_part": [{"path_parameters": {"id": one, "other": other}} for one, other in pairs],
            "imports_customers": [
                {"query": {"dry_run": dry}, "body": {"file": csv}, "media_type": "multipart/form-data"}
                for dry in ("true", "false")
            ],
            "attachments_upload": [{"body": {"file": csv}, "media_type": "multipart/form-data"}],
            "cases_upload": [
                {"path_parameters": {"number": numbers[0]}, "body": {"file": csv}, "media_type": "multipart/form-data"}
            ],
        }
        self.guarded |= {"T-1"} | {one for pair in pairs for one in pair}
        hook = {"name": "ERP", "url": "https://nobody.invalid/", "events": ["closed"]}
        hooks = [call("POST", "/webhooks", json=hook)["webhook"]["id"] for _ in range(6)]
        sent = [(one, call("POST", f"/webhooks/{one}/ping", (202,))["id"]) for one in hooks[:3]]
        self.known[(" /api/v1/webhooks/", "id")] = hooks
        self.known[(" /api/v1/webhooks/", "delivery")] = [delivery for _, delivery in sent]
        for name in ("show", "resend"):
            self.examples[f"webhooks_deliveries_{name}"] = [
                {"path_parameters": {"id": one, "delivery": delivery}} for one, delivery in sent
            ]
        for name in ("show", "change", "ping", "renew", "deliveries_list"):
            self.examples.setdefault(f"webhooks_{name}", [{"path_parameters": {"id": hooks[0]}}])
        self.examples["webhooks_change"][0]["body"] = {"paused": True}
        self.examples["webhooks_make"] = [{"body": hook}]
        self.guarded |= set(hooks[:3])
        # By schema and member: real ones.
        self.members = {
            "NewKey": {"person": people},
            "Team": {"lead": people + [None], "members": people},
            "User": {"roles": roles, "department": places + [None]},
            "Away": {"substitute": people + [None]},
            "Merge": {"other": customers},
            "NewCase": {"procedure": [one["key"] for one in procedures if one["key"] != spare]},
        }

    def of(self, method, path, name):
        """The real values of a parameter."""
        places = [f"{method} {path}", f" {path}"]
        fits = [key for key in self.known if key[1] == name and any(one.startswith(key[0]) for one in places)]
        return self.known[max(fits, key=len)] if fits else None


SEEDS = Seeds()
# What is for a session of one's own: no key gets an answer of success there.
OWN = set()
LOSING = {"users_put", "users_leave", "users_absence", "keys_revoke", "customers_erase", "webhooks_remove"}
MADE_HERE = {"users_put", "teams_put", "views_put", "templates_put", "customers_put"}


def operation(case_or_context):
    return case_or_context.operation.definition.raw["operationId"]


@schemathesis.hook
def before_load_schema(context, raw_schema):
    for path, item in raw_schema["paths"].items():
        for method, described in item.items():
            if any("session" in way for way in described.get("security", [])):
                OWN.add(described["operationId"])
            if described["operationId"] in MADE_HERE:
                continue
            for parameter in described.get("parameters", []):
                values = SEEDS.of(method, path, parameter["name"])
                if values:
                    # What the tester itself can make is not all there is, and a text to check that cannot be read is nobody's.
                    open_ended = parameter["name"] in ("id", "other", "cursor") or described["operationId"] == "procedures_check"
                    kind = "examples" if open_ended else "enum"
                    parameter["schema"] = {"type": "string", kind: sorted(set(values))}
    for name, schema in raw_schema["components"]["schemas"].items():
        for member, values in SEEDS.members.get(name, {}).items():
            place = schema["properties"][member]
            place.get("items", place)["enum"] = values
        # Examples that stand for something of the installation are replaced by real calls.
        if "…" in str(schema.get("example", "")):
            del schema["example"]


@schemathesis.hook
def before_add_examples(context, examples):
    for one in SEEDS.examples.get(operation(context), []):
        # Nothing is made up beside it.
        whole = {"headers": {}, "query": {}} | one
        examples.append(context.operation.Case(**whole))


@schemathesis.hook
def before_call(context, case, kwargs):
    # Whoever calls, his key, and what examples are about must not be lost to a happy guess.
    path = case.path_parameters or {}
    if operation(case) in LOSING and path.get("id") in SEEDS.guarded:
        path["id"] = "lost-0"


answered, lock = {}, threading.Lock()


@schemathesis.hook
def after_call(context, case, response):
    with lock:
        answered.setdefault(operation(case), set()).add(response.status_code)


@schemathesis.cli.handler()
class Successes(schemathesis.cli.EventHandler):
    """Demands that each operation has answered with success."""

    def handle_event(self, context, event):
        pass

    def shutdown(self, context):
        never = sorted(name for name, found in answered.items() if name not in OWN and not any(200 <= one < 300 for one in found))
        print(f"operations: {len(answered)}, without an answer of success: {never}")
        for name in never:
            print(f"  {name}: {sorted(answered[name])}")
        if never:
            context.exit_code = 1
