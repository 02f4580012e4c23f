#!/usr/bin/env python3
"""sweep.py <folder of api.py> <header ...> - writes a C program that misuses every function of the headers in turn.

Each function gets a fixture of its own. First come the refusals: NULL in every pointer that is not optional; handles
that are freed, of another kind, random or one bit away from a live one; lengths of SIZE_MAX; structs with a wrong
struct_size; outputs with one byte too little room or over an input; flags that are none. Then, with the same fixture, a
call that is right must work, and before it sessions, prekeys and the client's store must be as they were: no refused
call has changed anything.

A function of which this script does not know what a right call is stops it, so that none escapes.
"""
import os
import sys

HANDLES = ["list", "account", "device", "prekeys", "session", "client", "relay", "server"]

# What a right call is given, by parameter, and by function where that is not enough.
VALUES = {
    "text": '"hello"', "label": '"a call"', "emoji": '"*"', "name": '"anna"', "about": '"x"',
    "type": '"com.example/poll"',
    "draft": '"soon"', "content": '(const uint8_t *)"hello"', "context": '(const uint8_t *)"x"',
    "data": '(const uint8_t *)"hello"', "offer": '(const uint8_t *)"hello"', "payload": '(const uint8_t *)"hello"',
    "avatar": '(const uint8_t *)"hello"', "passphrase": '(const uint8_t *)"secret"',
    "address_class": '(const uint8_t *)"hello"', "seed": "fx.key", "key": "fx.key", "bundle": "fx.bundle.data",
    "message": "fx.for_session.data", "sealed": "fx.sealed_session.data", "saved": "fx.saved_session.data",
    "frame": "fx.client_frame.data", "scanned": "fx.code", "cursor": "fx.cursor", "path": "fx.other_path",
    "new_path": "fx.new_path",
    "header_abi_version": "1", "number": "3", "device": "1", "peer_device": "7", "one_time_count": "2", "limit": "10",
    "index": "0", "which": "ANOCHAT_CURSOR_NEWER", "most": "10", "timeout_ms": "1", "conversation": "fx.conversation",
    "to": "fx.message", "through": "fx.message", "failure": "1", "seconds": "60", "media": "ANOCHAT_MEDIA_AUDIO",
    "presence": "ANOCHAT_PRESENCE_AWAY", "until_ms": "0", "slot": "fx.slot", "connection": "fx.connection",
    "most_bytes": "SIZE_MAX", "within_ms": "1", "come_back_ms": "1", "deadline_ms": "1000", "count": "1",
    "messages_room": "1", "content_len": "5", "message_len": "fx.for_session.len", "seed_": "0", "now_ms": "0",
}
LENGTHS = {"seed": "sizeof fx.key", "key": "sizeof fx.key", "bundle": "fx.bundle.len", "message": "fx.for_session.len",
           "sealed": "fx.sealed_session.len", "saved": "fx.saved_session.len", "frame": "fx.client_frame.len",
           "cursor": "fx.cursor_len"}
SPECIAL = {
    "anochat_address_parse": {"text": "fx.address"},
    "anochat_address_format": {"device": "0"},
    "anochat_device_load": {"saved": "fx.saved_device.data", "saved_len": "fx.saved_device.len"},
    "anochat_prekeys_load": {"saved": "fx.saved_prekeys.data", "saved_len": "fx.saved_prekeys.len"},
    "anochat_session_initiate": {"peer": "fx.peer_id"},
    "anochat_session_accept": {"device": "fx.peer_device", "prekeys": "fx.peer_prekeys", "message": "fx.initial.data",
                               "message_len": "fx.initial.len"},
    "anochat_session_peek": {"message": "fx.initial.data", "message_len": "fx.initial.len"},
    "anochat_session_open_signal": {"message": "fx.signal.data", "message_len": "fx.signal.len"},
    "anochat_client_open": {"path": "fx.store_path"},
    "anochat_client_export": {"path": "fx.export_path"},
    "anochat_store_import": {"path": "fx.export_path"},
    "anochat_client_custom": {"message": "fx.custom"},
    "anochat_client_signal_call": {"type": "ANOCHAT_CALL_HANGUP", "call": "fx.call"},
    "anochat_relay_receive": {"frame": "fx.relay_frame.data", "frame_len": "fx.relay_frame.len"},
    "anochat_list_event": {"list": "fx.events"},
    "anochat_list_message": {"list": "fx.messages"},
    "anochat_list_cursor": {"list": "fx.messages"},
    "anochat_list_conversation": {"list": "fx.conversations"},
    "anochat_list_attachment": {"list": "fx.attachments"},
    "anochat_list_reaction": {"list": "fx.reactions"},
    "anochat_list_contact": {"list": "fx.contacts"},
    "anochat_list_call": {"list": "fx.calls"},
    "anochat_client_conversations": {"cursor": "NULL", "cursor_len": "0"},
    "anochat_client_calls": {"cursor": "NULL", "cursor_len": "0"},
    "anochat_client_wait_events": {"client": "fx.online"},
    "anochat_client_wait_online": {"client": "fx.online"},
    "anochat_client_reconnect": {"client": "fx.online"},
}
# Right calls that have another answer.
ANSWERS = {
    "anochat_client_explain_failure": "ANOCHAT_E_NOT_FOUND",
}
NEEDS_NETWORK = {"anochat_client_go_online", "anochat_client_wait_events", "anochat_client_wait_online",
                 "anochat_client_reconnect"}
# Further calls that must be refused: an assignment, and the status (None: any but ANOCHAT_OK).
EXTRA = {
    "anochat_client_send_texts": [("v.messages_room = 0", "ANOCHAT_E_BUFFER_TOO_SMALL"),
                                  ("v.count = 0", "ANOCHAT_E_INVALID_ARGUMENT"),
                                  ("v.count = SIZE_MAX", "ANOCHAT_E_INVALID_ARGUMENT")],
    "anochat_relay_ready": [("s_count = 0", "ANOCHAT_E_BUFFER_TOO_SMALL")],
    "anochat_session_encrypt_bound": [("v.content_len = SIZE_MAX", "ANOCHAT_E_TOO_LARGE")],
    "anochat_session_decrypt_bound": [("v.message_len = SIZE_MAX", "ANOCHAT_E_TOO_LARGE")],
    "anochat_check_abi": [("v.header_abi_version = 0", None), ("v.header_abi_version = 1000", None)],
    "anochat_device_new": [("v.number = 0", None), ("v.number = UINT32_MAX", None)],
    "anochat_client_take_events": [("v.most = 0", None), ("v.most = SIZE_MAX", None)],
    "anochat_client_custom": [("v.data = v.type", None), ("v.message = fx.message", None)],
    "anochat_buf_free": [("v.buf->data = (uint8_t *)&fx", None), ("v.buf->struct_size = 3", None)],
}
BAD_VALUES = {"limit": ["0", "-1", "INT32_MAX"], "index": ["SIZE_MAX", "1000"], "which": ["-1", "3"],
              "media": ["0", "99"], "presence": ["0", "99"], "until_ms": ["-1", "INT64_MAX"],
              "one_time_count": ["UINT32_MAX"]}
REFUSED = "ANOCHAT_E_INVALID_ARGUMENT"


def is_flag(parameter):
    name = parameter["name"]
    return parameter["role"] == "value" and (name.startswith(("is_", "with_")) or name in ("full", "vacuum"))


class Writer:
    def __init__(self, function, structs):
        self.function, self.structs = function, structs
        self.name, self.parameters = function["name"], function["parameters"]
        self.lines = []

    def add(self, text):
        self.lines.append("  " + text)

    def value(self, parameter):
        """The statement that gives a parameter what is right."""
        name, role, kind = parameter["name"], parameter["role"], parameter["type"]
        special = SPECIAL.get(self.name, {})
        to = f"v.{name} = "
        base = kind.replace("const", "").replace("*", "").strip()
        if role == "handle":
            return to + special.get(name, f"fx.{base.removeprefix('anochat_')}") + ";"
        if role == "new_handle":
            return f"s_{name} = NULL; {to}&s_{name};"
        if role in ("result", "room") and "**" in kind:
            return f"{to}&s_{name};"
        if role == "result" or role == "room" and not self.has_output(name):
            return f"s_{name} = {VALUES['count'] if name == 'count' else '0'}; {to}&s_{name};"
        if role == "output":
            return f"{to}({kind})sweep_out;"
        if role == "room":
            return f"s_{name} = sizeof sweep_out; {to}&s_{name};"
        if role == "struct_in":
            return (f"memset(&s_{name}, 0, sizeof s_{name}); "
                    f"set_{base.removeprefix('anochat_')}(&fx, &s_{name}.value); {to}&s_{name}.value;")
        if role == "struct_out":
            return (f"memset(&s_{name}, 0, sizeof s_{name}); s_{name}.value.struct_size = sizeof({base}); "
                    f"{to}&s_{name}.value;")
        if role == "buf":
            if self.name == "anochat_buf_free":
                return f"s_{name} = fx.buf; {to}&s_{name};"
            return f"memset(&s_{name}, 0, sizeof s_{name}); s_{name}.struct_size = sizeof s_{name}; {to}&s_{name};"
        if role == "id_in":
            return f"{to}&{special.get(name, 'fx.account_id')};"
        if role == "id_out":
            return f"{to}&s_{name};"
        if role == "error":
            return f"memset(&s_{name}, 0, sizeof s_{name}); s_{name}.struct_size = sizeof s_{name}; {to}&s_{name};"
        if role == "length":
            of = name[:-4]
            text = special.get(of, VALUES.get(of))
            default = LENGTHS.get(of, f"strlen((const char *)({text}))")
            return f"{to}{special.get(name, default)};"
        if role == "value" and (is_flag(parameter)):
            return f"{to}1;"
        if name == "message" and kind == "int64_t" and name not in special:
            return f"{to}fx.message;"
        if name not in special and name not in VALUES:
            raise SystemExit(f"{self.name}: what is a right {kind} {name}? Say it in tests/c/sweep.py")
        return f"{to}{special.get(name, VALUES.get(name))};"

    def has_output(self, room):
        return any(p["role"] == "output" and p["name"] == room[:-4] for p in self.parameters)

    def declare(self):
        self.add("fixture fx;")
        for p in self.parameters:
            base = p["type"].replace("const", "").replace("*", "").strip()
            if p["role"] in ("struct_in", "struct_out"):
                self.add(f"union {{ {base} value; unsigned char bytes[sizeof({base}) + 16]; }} s_{p['name']};")
            elif p["role"] in ("result", "new_handle") and "**" in p["type"]:
                kind = p["type"].rstrip("*").rstrip() + " *"
                self.add(f"{kind}s_{p['name']} = NULL;")
            elif p["role"] in ("result", "room", "id_out", "buf", "error"):
                self.add(f"{base} s_{p['name']};")
        self.add("struct {")
        for p in self.parameters:
            self.add(f"  {p['type']}{'' if p['type'].endswith('*') else ' '}{p['name']};")
        self.add("} v;")

    def set(self):
        return "set_all"

    def refuse(self, what, change, status=REFUSED, other=None):
        """A call with one thing wrong."""
        self.add(f"SET; {change}; refused(\"{self.name}\", \"{what}\", CALL, v.error, "
                 f"{status or 'ANOCHAT_OK'}, {other or status or 'ANOCHAT_OK'});")

    def refusals(self):
        for p in self.parameters:
            name, role, kind = p["name"], p["role"], p["type"]
            pointer = "*" in kind
            if pointer and not p["optional"] and role not in ("output", "input"):
                self.refuse(f"{name} NULL", f"v.{name} = NULL")
            if role == "handle":
                self.handle(p)
            elif role == "input" and any(q["name"] == f"{name}_len" for q in self.parameters):
                self.refuse(f"{name} NULL", f"v.{name} = NULL; v.{name}_len = 1")
                for length in ("SIZE_MAX", "SIZE_MAX / 2", "SIZE_MAX - 1"):
                    self.refuse(f"{name}_len {length}", f"v.{name}_len = {length}", REFUSED, "ANOCHAT_E_TOO_LARGE")
            elif role == "output":
                self.output(p)
            elif role in ("struct_in", "struct_out"):
                self.struct(p)
            elif role == "buf" and self.name != "anochat_buf_free":
                self.refuse(f"{name} in use", f"v.{name}->data = (uint8_t *)&fx")
                self.refuse(f"{name} without size", f"v.{name}->struct_size = 0")
            elif is_flag(p):
                for bad in ("2", "-1", "INT32_MIN"):
                    self.refuse(f"{name} {bad}", f"v.{name} = {bad}")
            elif role == "value":
                for bad in BAD_VALUES.get(name, []):
                    self.refuse(f"{name} {bad}", f"v.{name} = {bad}", None)
            elif role == "error":
                for size in ("0", "4", "sizeof(anochat_error) - 1"):
                    self.add(f"SET; v.error->struct_size = {size}; "
                             f"refused(\"{self.name}\", \"error size\", CALL, NULL, {REFUSED}, {REFUSED});")
        for change, status in EXTRA.get(self.name, []):
            self.refuse(change.replace('"', "'"), change, status)

    def handle(self, p):
        kind = p["type"].replace("const", "").replace("*", "").strip().removeprefix("anochat_")
        self.add(f"SET; for (i = 0; bad_handle(&fx, \"{kind}\", (uintptr_t)v.{p['name']}, i, &bad); ++i) {{")
        self.add("  SET;")
        self.add(f"  v.{p['name']} = ({p['type']})bad;")
        self.add(f"  refused(\"{self.name}\", \"{p['name']} bad\", CALL, v.error, {REFUSED}, {REFUSED});")
        self.add("}")

    def output(self, p):
        name, kind = p["name"], p["type"]
        self.refuse(f"{name} NULL", f"v.{name} = NULL")
        self.add(f"SET; v.{name} = NULL; *v.{name}_len = 0; refused(\"{self.name}\", \"no room\", CALL, v.error, "
                 "ANOCHAT_E_BUFFER_TOO_SMALL, ANOCHAT_E_BUFFER_TOO_SMALL);")
        self.add(f"need = *v.{name}_len; CHECK(need > 0 && need < sizeof sweep_out);")
        self.add(f"SET; *v.{name}_len = need - 1; memset(sweep_out, 0xa5, sizeof sweep_out); "
                 f"refused(\"{self.name}\", \"a byte too little\", CALL, v.error, ANOCHAT_E_BUFFER_TOO_SMALL, "
                 "ANOCHAT_E_BUFFER_TOO_SMALL);")
        self.add(f"CHECK(*v.{name}_len == need && is_untouched(0));")
        for q in self.parameters:
            if q["role"] == "input":
                for shift in ("0", f"v.{q['name']}_len - 1"):
                    self.refuse(f"{name} over {q['name']}",
                                f"memcpy(sweep_out, v.{q['name']}, v.{q['name']}_len); "
                                f"v.{q['name']} = ({q['type']})sweep_out; v.{name} = ({kind})(sweep_out + {shift}); "
                                f"*v.{name}_len = need")
        self.refuse(f"{name} over its length", f"v.{name} = ({kind})v.{name}_len; *v.{name}_len = need")

    def struct(self, p):
        name = p["name"]
        base = p["type"].replace("const", "").replace("*", "").strip()
        for size in ("0", "4", f"sizeof({base}) - 1", "65537", "UINT32_MAX"):
            self.refuse(f"{name} size {size}", f"s_{name}.value.struct_size = (uint32_t)({size})")
        if p["role"] == "struct_out":
            return
        self.refuse(f"{name} with an unknown field",
                    f"s_{name}.value.struct_size = sizeof s_{name}; s_{name}.bytes[sizeof({base}) + 3] = 1",
                    "ANOCHAT_E_UNSUPPORTED_VERSION")
        fields = {field["name"] for field in self.structs[base]}
        for field in sorted(fields):
            if f"{field}_len" not in fields:
                continue
            for length in ("SIZE_MAX", "SIZE_MAX / 2"):
                self.refuse(f"{name}.{field}_len {length}", f"s_{name}.value.{field}_len = {length}", REFUSED,
                            "ANOCHAT_E_TOO_LARGE")
            self.refuse(f"{name}.{field} NULL", f"s_{name}.value.{field} = NULL; s_{name}.value.{field}_len = 1")

    def baseline(self):
        answer = ANSWERS.get(self.name, "ANOCHAT_OK")
        if self.name in NEEDS_NETWORK or self.name.startswith("anochat_server_"):
            self.add("if (!has_network()) { fixture_free(&fx); return; }")
        self.add("SET;")
        outputs = [p["name"] for p in self.parameters if p["role"] == "output"]
        for out in outputs:
            self.add(f"*v.{out}_len = need; memset(sweep_out, 0xa5, sizeof sweep_out);")
        self.add(f"worked(\"{self.name}\", CALL, v.error, {answer});")
        for out in outputs:
            self.add(f"CHECK(*v.{out}_len <= need && is_untouched(need));")
        for p in self.parameters:
            base = p["type"].replace("const", "").replace("*", "").strip()
            if p["role"] == "new_handle":
                self.add(f"CHECK(s_{p['name']} != NULL); OK({base}_free(s_{p['name']}, NULL));")
                self.add(f"EXPECT({REFUSED}, {base}_free(s_{p['name']}, NULL));")
            if p["role"] == "buf" and self.name != "anochat_buf_free":
                self.add(f"CHECK(s_{p['name']}.data != NULL); OK(anochat_buf_free(&s_{p['name']}, NULL));")
        if self.name.endswith("_free") and self.name != "anochat_buf_free":
            self.add(f"EXPECT({REFUSED}, CALL);")
        if self.name == "anochat_buf_free":
            self.add("fx.buf = s_buf;")

    def text(self):
        if self.function["returns"] != "anochat_status" or not any(p["role"] == "error" for p in self.parameters):
            return self.plain()
        arguments = ", ".join(f"v.{p['name']}" for p in self.parameters)
        self.declare()
        self.add("size_t i = 0, need = 0;")
        self.add("uintptr_t bad = 0;")
        self.add("(void)i; (void)need; (void)bad;")
        self.add(f'fixture_make(&fx, "{self.name}");')
        self.add("{ bytes before = fixture_state(&fx);")
        self.refusals()
        self.add(f'unchanged("{self.name}", before, fixture_state(&fx)); }}')
        self.baseline()
        self.add("fixture_free(&fx);")
        sets = " ".join(self.value(p) for p in self.parameters)
        return (f"#define SET do {{ {sets} }} while (0)\n#define CALL {self.name}({arguments})\n"
                f"static void sweep_{self.name}(void) {{\n" + "\n".join(self.lines) + "\n}\n#undef SET\n#undef CALL\n")

    def plain(self):
        """Functions that cannot fail: any number is fine."""
        kinds = [p["type"] for p in self.parameters]
        if any("*" in kind for kind in kinds) or len(kinds) > 1:
            raise SystemExit(f"{self.name} cannot be swept: it has no anochat_error")
        if "*" not in self.function["returns"]:
            return f"static void sweep_{self.name}(void) {{ CHECK({self.name}() > 0); }}\n"
        values = ("0", "-1", "12345", "INT32_MIN", "INT32_MAX") if kinds else ("",)
        calls = [f"{self.name}({value})" for value in values]
        checks = " ".join(f"CHECK({call} != NULL && {call}[0] != '\\0');" for call in calls)
        return f"static void sweep_{self.name}(void) {{ {checks} }}\n"


def main():
    sys.path.insert(0, sys.argv[1])
    import api
    functions, structs = [], {}
    for header in sys.argv[2:]:
        parsed = api.parse(header)
        functions += parsed["functions"]
        structs |= parsed["structs"]
    print(f"/* Written by tests/c/sweep.py from {', '.join(os.path.basename(h) for h in sys.argv[2:])}. */")
    print('#include "sweep.h"\n')
    for function in functions:
        print(Writer(function, structs).text())
    print("const sweep_entry sweep_entries[] = {")
    for function in functions:
        print(f'  {{"{function["name"]}", sweep_{function["name"]}}},')
    print("  {NULL, NULL}};")


if __name__ == "__main__":
    main()
