import sys

import pyarrow as pa
import pytest

from c2m.errors import ArgumentError, MissingEngineError
from c2m.signals.trust import agents
from c2m.signals.trust.agents import are_bots, is_bot

_SAFARI = "AppleWebKit/537.36 (KHTML, like Gecko"
ROBOTS = [
    f"Mozilla/5.0 {_SAFARI}; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    f"Mozilla/5.0 {_SAFARI}; compatible; ChatGPT-User/1.0; +https://openai.com/bot)",
    f"Mozilla/5.0 {_SAFARI}; compatible; OAI-SearchBot/1.0; +https://openai.com/searchbot)",
    f"Mozilla/5.0 {_SAFARI}; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
    f"Mozilla/5.0 {_SAFARI}; compatible; Perplexity-User/1.0; +https://perplexity.ai/u)",
    f"Mozilla/5.0 (Linux; Android 5.0) {_SAFARI}) Mobile Safari/537.36 (compatible; Bytespider; "
    "spider-feedback@bytedance.com)",
    f"Mozilla/5.0 (X11; Linux x86_64) {_SAFARI}) HeadlessChrome/120.0.6099.0 Safari/537.36",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; Amazonbot/0.1; +https://developer.amazon.com/support/amazonbot)",
    "Mozilla/5.0 (compatible; PetalBot;+https://webmaster.petalsearch.com/site/petalbot)",
    "Baiduspider+(+http://www.baidu.com/search/spider.htm)",
    "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
    "CCBot/2.0 (https://commoncrawl.org/faq/)",
    "python-requests/2.32.3",
    "Scrapy/2.11.2 (+https://scrapy.org)",
    "curl/8.5.0",
    "Go-http-client/2.0",
]
BROWSERS = [
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_SAFARI}) Chrome/129.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/470.0.0.40.96;FBBV/615000000;FBDV/iPhone15,2]",
    f"Mozilla/5.0 (Linux; Android 13; M2101K6G; wv) {_SAFARI}) Version/4.0 Chrome/125.0 Mobile "
    "Safari/537.36 Instagram 330.0.0.40.92 Android",
    f"Mozilla/5.0 (Linux; Android 13; V2227A) {_SAFARI}) Version/4.0 Chrome/116 Mobile "
    "Safari/537.36 MicroMessenger/8.0.49 NetType/WIFI Language/zh_CN",
    f"Mozilla/5.0 (Linux; Android 14; CUBOT X30) {_SAFARI}) Chrome/120.0.0.0 Mobile Safari/537.36",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_SAFARI}) Chrome/129.0.0.0 Safari/537.36 "
    "Edg/129.0.0.0",
]


@pytest.mark.parametrize("agent", ROBOTS)
def test_a_robot_that_says_so_is_found(agent: str) -> None:
    assert is_bot(agent)


@pytest.mark.parametrize("agent", BROWSERS)
def test_browsers_and_apps_are_people(agent: str) -> None:
    assert not is_bot(agent)


@pytest.mark.parametrize("agent", [None, "", BROWSERS[0] + " x" * 1_000_000])
def test_unknown_and_overlong_agents_are_not_called_robots(agent: str | None) -> None:
    assert not is_bot(agent)


def test_many_agents_are_judged_like_one_whatever_they_come_in() -> None:
    given = [*ROBOTS[:3], None, *BROWSERS[:3], ROBOTS[0]]
    expected = [is_bot(agent) for agent in given]
    array = pa.array(given, pa.string())
    for form in (given, array, pa.chunked_array([array.slice(0, 4), array.slice(4)])):
        assert are_bots(form).tolist() == expected
    assert are_bots(array.dictionary_encode()).tolist() == expected
    assert are_bots([]).tolist() == []


def test_each_distinct_agent_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str | None] = []
    monkeypatch.setattr(agents, "is_bot", lambda agent: bool(seen.append(agent)))
    are_bots(["a", "b", "a"] * 1000)
    assert sorted(map(str, seen)) == ["a", "b"]


@pytest.mark.parametrize("given", [[1, 2], "curl/8", 7, pa.array([1])])
def test_agents_that_are_no_text_are_refused(given: object) -> None:
    with pytest.raises(ArgumentError, match="user agents as text"):
        are_bots(given)


def test_without_the_package_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "is_bot", None)
    agents._list.cache_clear()
    agents._found.cache_clear()
    with pytest.raises(MissingEngineError, match=r"is-bot.*c2m\[bots\]"):
        is_bot("curl/8.5.0")
