"""A Prometheus that scrapes the exporter has an answer to every expression.

usage: check_panels.py PROMETHEUS_URL EXPRESSIONS.json

Rates need two scrapes, so the questions are repeated until nothing is empty or a minute has passed.
"""

import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

DEADLINE_SECONDS = 60


def main(prometheus_url, path):
    with open(path, encoding="utf-8") as file:
        open_questions = json.load(file)
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        open_questions = [query for query in open_questions if not _answer(prometheus_url, query)]
        if not open_questions or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    if open_questions:
        sys.exit("without an answer:\n" + "\n".join(open_questions))


def _answer(prometheus_url, query):
    question = urllib.parse.urlencode({"query": query})
    try:
        with urllib.request.urlopen(f"{prometheus_url}/api/v1/query?{question}", timeout=30) as response:
            return json.load(response)["data"]["result"]
    except urllib.error.HTTPError as error:
        sys.exit(f"{query}: {error.read().decode(errors='replace')}")


if __name__ == "__main__":
    main(*sys.argv[1:])
