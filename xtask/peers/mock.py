"""Gives orders to the mock vCenter, by its control endpoint."""

import json
import urllib.parse
import urllib.request


class Mock:
    def __init__(self, control_url):
        self._url = control_url

    def set(self, **settings):
        """Changes habits of the server, such as statistics_level."""
        self._post("settings", settings)

    def advance_clock(self, seconds):
        self._post("clock", {"advance_seconds": seconds})

    def drop_sessions(self):
        self._post("drop-sessions", None)

    def change(self, *changes):
        """Does what an administrator could do to the inventory."""
        self._post("changes", changes)

    def refuse(self, operation, moref, fault_type, fields_xml):
        """From now on every call of the operation that names the object fails."""
        fault = {"fault_type": fault_type, "message": fault_type, "fields_xml": fields_xml}
        self._post("faults", {"operation": operation, "object": moref, "effect": {"fault": fault}})

    def forget_faults(self):
        self._send("DELETE", "faults", None)

    def bytes_written(self, moref, after, until):
        """What a VM wrote between two times, by the workload itself."""
        times = {"after": after.isoformat(), "until": until.isoformat()}
        query = urllib.parse.urlencode({"vm": moref, **times})
        return self._send("GET", f"truth/bytes?{query}", None)

    def _post(self, path, body):
        self._send("POST", path, json.dumps(body).encode())

    def _send(self, method, path, body):
        request = urllib.request.Request(f"{self._url}/{path}", data=body, method=method)
        with urllib.request.urlopen(request, timeout=30) as response:
            text = response.read()
        return json.loads(text) if text else None
