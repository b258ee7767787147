"""The real Voila server in a real browser: what a viewer sees, and what a viewer cannot do (docs/deploy.md)."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from finops_model.publish import dashboard
from finops_model.publish.dashboard import server as dashboard_server
from finops_model.settings import Settings

pytestmark = pytest.mark.browser
TOKEN, MONTH = "a-token-for-the-browser-tests", "2026-10"
# What the report of the small world tries and must not get: its own script, its own picture.
REFUSED = (
    "Blocked script execution in 'about:srcdoc'",
    'Content Security Policy directive: "img-src',
)


@pytest.fixture(scope="module")
def served(chromium, tmp_path_factory):
    """(address, reports folder, briefs, log file): one server for the whole module."""
    from dashboard_world import company

    folder = tmp_path_factory.mktemp("served")
    root, briefs, _ = company(folder)
    settings = Settings(root=str(folder))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    argv, env = dashboard_server.prepare(settings, port, TOKEN)
    with (folder / "server.txt").open("w") as output:
        server = subprocess.Popen(argv, env=env, stdout=output, stderr=subprocess.STDOUT)
        address = f"http://127.0.0.1:{port}/"
        for _ in range(1200):
            if server.poll() is not None:
                break
            try:
                urllib.request.urlopen(address, timeout=5)
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.25)
        assert server.poll() is None, (folder / "server.txt").read_text()
        yield address, root, briefs, dashboard_server.state(settings) / "dashboard.log"
        server.terminate()
        server.wait(timeout=120)


def opened(watch, served, tab=None):
    seen = watch()
    seen.page.goto(f"{served[0]}?token={TOKEN}")
    seen.page.wait_for_selector("#finops-report-headline", timeout=180_000)
    if tab:
        seen.page.click(f"#finops-show-{tab}")
        seen.page.wait_for_selector(
            "#finops-tab-outlook svg .mark-area", state="attached", timeout=120_000
        )
    return seen


def complaints(seen) -> list[str]:
    return [error for error in seen.errors if not any(known in error for known in REFUSED)]


def move(page, name, value):
    page.evaluate(
        "([n, v]) => { const e = document.getElementById('finops-' + n); e.value = v; e.dispatchEvent(new Event('input')); }",
        [name, value],
    )


def text(page, selector):
    return page.inner_text(selector).strip()


def frame_text(page):
    return page.evaluate("() => document.getElementById('finops-report').srcdoc")


def test_without_the_token_there_is_no_page(watch, served):
    seen = watch()
    seen.page.goto(served[0])
    assert (
        seen.page.query_selector("#finops-report") is None
        and "finops_model" not in seen.page.content()
        and seen.foreign == []
    )
    assert "This page cannot be shown" in seen.page.content() or seen.page.query_selector(
        "input[type=password]"
    )
    for path in (
        "",
        "api/kernels",
        "api/contents",
        "api/terminals",
        "voila/render/leadership.ipynb",
    ):
        try:
            with urllib.request.urlopen(f"{served[0]}{path}", timeout=120) as answer:
                body, status = answer.read().decode(), answer.status
        except urllib.error.HTTPError as refused:
            body, status = refused.read().decode(), refused.code
        assert status in (401, 403, 404) or "login" in answer.url, path
        assert "finops-report" not in body and "chance that AI spend" not in body


def test_nobody_can_set_a_password(watch, served):
    """The page of Voila's default login offers a token's holder a new password for the server."""
    seen = watch()
    seen.page.goto(f"{served[0]}login")
    assert (
        seen.page.locator("#new_password_input, [name=new_password]").count() == 0
        and "new password" not in seen.page.content().casefold()
    )
    seen.page.evaluate(
        """async token => {
        const xsrf = (document.cookie.match(/_xsrf=([^;]+)/) || [])[1] || '';
        await fetch('login', { method: 'POST', body: new URLSearchParams({ password: token, new_password: 'mine-now', _xsrf: xsrf }) });
    }""",
        TOKEN,
    )
    assert (
        not list(served[1].parent.rglob("jupyter_server_config.json"))
        and not Path("jupyter_server_config.json").exists()
    )
    other = watch()
    other.page.goto(f"{served[0]}?token=mine-now")
    assert other.page.query_selector("#finops-report") is None


def test_the_server_gives_out_no_file(served):
    for path in (
        "voila/files/leadership.ipynb",
        f"voila/files/../../reports/{MONTH}/company/report.html",
        "voila/files/reports/index.json",
        "voila/static/../../../etc/passwd",
        "voila/static/%2e%2e/%2e%2e/etc/passwd",
    ):
        for token in ("", f"?token={TOKEN}"):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(f"{served[0]}{path}{token}", timeout=120)
            assert refused.value.code in (400, 403, 404), path


def test_the_first_tab_shows_the_published_bytes_without_running_them(watch, served):
    seen = opened(watch, served)
    page, root = seen.page, served[1]
    assert text(page, "#finops-report-headline") == served[2][0]["headline"]
    for slug in ("company", "support"):
        page.select_option("#finops-unit", slug)
        published = (root / MONTH / slug / "report.html").read_bytes()
        # the hash of the frame stands before its text does: wait for the text itself, then hold both against the published bytes
        page.wait_for_function(
            "t => document.getElementById('finops-report').srcdoc === t",
            arg=published.decode("utf-8"),
            timeout=120_000,
        )
        page.wait_for_function(
            "h => document.getElementById('finops-report').dataset.sha256 === h",
            arg=hashlib.sha256(published).hexdigest(),
        )
        shown = frame_text(page)
        for _ in range(
            600
        ):  # the frame loads its text anew: on a busy machine it is empty for a moment
            if shown:
                break
            page.wait_for_timeout(100)
            shown = frame_text(page)
        assert hashlib.sha256(shown.encode()).hexdigest() == hashlib.sha256(published).hexdigest()
    # the frame's bytes are set before its document has loaded: wait for the second report, not for whatever still stands there
    page.frame_locator("#finops-report").locator("#headline").filter(
        has_text=served[2][1]["headline"]
    ).wait_for(timeout=120_000)
    inside = next(frame for frame in page.frames if frame.parent_frame is not None)
    assert inside.locator("#headline").inner_text() == served[2][1]["headline"]
    assert page.get_attribute("#finops-report", "sandbox") == ""
    assert page.evaluate("() => [window.pwned, document.title.includes('script ran')]") == [
        None,
        False,
    ]
    assert inside.locator("title").inner_text() == "Support"
    assert seen.foreign == [] and all(url.endswith(("/x", "/x: csp")) for url in seen.failed)
    assert complaints(seen) == []


def test_the_opening_figures_are_the_published_ones(watch, served):
    seen = opened(watch, served, "outlook")
    brief = served[2][0]
    dials, _ = dashboard.load(served[1] / MONTH)
    expected = dashboard.view(brief, dials)
    assert text(seen.page, "#finops-headline") == brief["headline"]
    assert text(seen.page, "#finops-label") == "Published: October 2026 report, preliminary"
    assert seen.page.locator(".finops .card .value").all_inner_texts() == [
        card["value"] for card in expected["cards"]
    ]
    assert seen.page.get_attribute(".finops .plot", "aria-label") == expected["chart"]["alt"]
    assert "Median" in seen.page.text_content("#finops-tab-outlook svg") and seen.foreign == []
    assert all(
        url.endswith(("/x", "/x: csp")) for url in seen.failed
    )  # what the hostile report of the first tab tried, refused
    assert complaints(seen) == []


def test_a_slider_moves_headline_and_label_and_reset_restores_them(watch, served):
    seen = opened(watch, served, "outlook")
    page = seen.page
    figures = "() => [...document.querySelectorAll('#finops-headline, .finops .card .value, #finops-chart-title')].map(e => e.textContent)"
    before, drawn = (
        page.evaluate(figures),
        page.locator("#finops-tab-outlook svg .mark-area path").first.get_attribute("d"),
    )
    move(page, "demand", 0.4)
    page.wait_for_function(
        "() => document.getElementById('finops-label').textContent === 'What-if, not published'"
    )
    brief = served[2][0]
    dials, _ = dashboard.load(served[1] / MONTH)
    expected = dashboard.view(brief, dials, dashboard.Levers(demand=0.4))
    page.wait_for_function(
        "h => document.getElementById('finops-headline').textContent === h",
        arg=expected["headline"],
    )
    assert page.locator(".finops .card .value").all_inner_texts() == [
        card["value"] for card in expected["cards"]
    ]
    page.wait_for_function(
        "d => document.querySelector('#finops-tab-outlook svg .mark-area path').getAttribute('d') !== d",
        arg=drawn,
    )
    assert "Your sliders" in text(page, ".finops table.compare")
    page.click("#finops-reset")
    page.wait_for_function(
        "() => document.getElementById('finops-label').textContent.startsWith('Published')"
    )
    assert page.evaluate(figures) == before and "Your sliders" not in text(
        page, ".finops table.compare"
    )
    assert page.input_value("#finops-demand") == "0" and seen.foreign == []


ATTACK = """async ([url, messages]) => {
    const socket = new WebSocket(url), got = [], header = (type) => ({ msg_id: crypto.randomUUID(), msg_type: type, username: 'x', session: 'x',
        date: new Date().toISOString(), version: '5.3' });
    await new Promise((open, failed) => { socket.onopen = open; socket.onerror = failed; });
    socket.onmessage = (event) => got.push(typeof event.data === 'string' ? event.data : 'binary');
    for (const [type, channel, content] of messages) {
        socket.send(JSON.stringify({ header: header(type), parent_header: {}, metadata: {}, content, channel, buffers: [] }));
    }
    await new Promise((done) => setTimeout(done, 2500));
    socket.close();
    return got;
}"""


def attack(seen, messages: list) -> list[str]:
    """What the kernel answers to raw messages on a websocket of the viewer's own. `COMM` in a message is the page's widget."""
    url = next(url for url in seen.sockets if url.endswith("/channels") or "/channels?" in url)
    comm = next(
        found[1]
        for frame in seen.sent
        if '"ask"' in frame and (found := re.search(r'"comm_id": ?"([0-9a-f-]+)"', frame))
    )
    filled = [
        [kind, channel, json.loads(json.dumps(content).replace("COMM", comm))]
        for kind, channel, content in messages
    ]
    return seen.page.evaluate(ATTACK, [url.split("?")[0], filled])


def update(**state):
    return [
        "comm_msg",
        "shell",
        {"comm_id": "COMM", "data": {"method": "update", "state": state, "buffer_paths": []}},
    ]


def test_nine_hundred_thousand_million_percent_is_clamped(watch, served):
    seen = opened(watch, served, "outlook")
    attack(seen, [update(levers={"demand": 9e11})])
    dials, _ = dashboard.load(served[1] / MONTH)
    top = dashboard.view(served[2][0], dials, dashboard.Levers(demand=1.0))
    seen.page.wait_for_function(
        "h => document.querySelector('.finops .sentences').textContent === h",
        arg=" ".join(top["sentences"]),
    )
    assert (
        text(seen.page, "#finops-label") == "What-if, not published"
        and text(seen.page, "#finops-demand ~ .ends") == "−50 %\n+100 %"
    )


def test_no_code_runs_and_no_traceback_comes_back(watch, served):
    """Code, wrong types and unknown reports by a viewer's own websocket."""
    seen = opened(watch, served)
    code = {
        "code": "print('it ran')",
        "silent": False,
        "store_history": False,
        "user_expressions": {"a": "6*7"},
        "allow_stdin": False,
    }
    answers = attack(
        seen,
        [
            ["execute_request", "shell", code],
            ["execute_request", "control", code],
            update(levers=[1, "x"]),
            update(reports=3),
            update(report="x"),
            update(ask={"month": MONTH, "slug": "../company"}),
            [
                "comm_msg",
                "shell",
                {"comm_id": "COMM", "data": {"method": "update", "state": {"view": 5}}},
            ],
            ["comm_msg", "shell", {"comm_id": "COMM", "data": {"nonsense": True}}],
        ],
    )
    everything = "".join(answers) + "".join(seen.received)
    assert answers and "it ran" not in everything and "execute_reply" not in "".join(answers)
    for word in ("Traceback", "TraitError", str(served[1]), "widget.py"):
        assert word not in everything, word
    assert "is not a published report" in everything
    assert (
        text(seen.page, "#finops-problem")
        == "'2026-10/../company' is not a published report. Choose a month and unit from the list."
    )
    assert seen.page.is_hidden("#finops-report")


def test_an_altered_report_is_refused_and_the_next_one_is_shown(watch, served):
    seen = opened(watch, served)
    page, path = seen.page, served[1] / MONTH / "research" / "report.html"
    published = path.read_bytes()
    try:
        path.write_bytes(published.replace(b"<h1", b"<h2"))
        page.select_option("#finops-unit", "research")
        page.wait_for_function(
            "() => document.getElementById('finops-problem').textContent.includes('was changed after it was published')"
        )
        assert (
            page.is_hidden("#finops-report")
            and frame_text(page) == ""
            and str(served[1]) not in text(page, "#finops-problem")
        )
    finally:
        path.write_bytes(published)
    page.select_option("#finops-unit", "company")
    page.wait_for_function(
        "() => document.getElementById('finops-problem').hidden && !document.getElementById('finops-report').hidden"
    )


def test_the_page_works_at_the_width_of_a_tablet(watch, served):
    seen = opened(watch, served, "outlook")
    seen.page.set_viewport_size({"width": 800, "height": 1000})
    seen.page.wait_for_function(
        "() => document.querySelector('.finops').scrollWidth <= window.innerWidth"
    )
