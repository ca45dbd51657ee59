"""The list of sources under an answer: links that show where they lead, whatever the server says of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strict_page import IGNORED, Page, check_clean

from spark_magic.answer import Answer
from spark_magic.display.facts import Facts, Outcome
from spark_magic.display.sources import sources_html, sources_text
from spark_magic.display.static import answer_html, bundle, plain
from spark_magic.events import Reference
from spark_magic.render import to_link

PAGE = Reference(1, "https://example.com/a?b=1&c=2", "A <b>title</b>")


def test_a_source_is_a_numbered_link_with_its_host():
    page = sources_html([PAGE])
    assert "[1] <a href" in page
    assert 'href="https://example.com/a?b=1&amp;c=2"' in page
    assert "A &lt;b&gt;title&lt;/b&gt; (example.com)</a>" in page
    assert 'rel="noopener noreferrer"' in page


def test_the_numbers_are_the_servers_own_else_the_places():
    text = sources_text([Reference(7, "https://a.cn", "x"), Reference(0, "https://b.cn", "y")])
    assert [line.split()[0] for line in text.splitlines()[1:]] == ["[7]", "[2]"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//evil.com", "https://bank.com@evil.com", "http://[", "", "x"])
def test_what_leads_nowhere_allowed_is_its_title_alone(url):
    assert to_link("title", url) == "title"


def test_an_address_in_chinese_is_a_link():
    link = to_link("t", "https://例子.中国/路径")
    assert 'href="https://xn--fsqu00a.xn--fiqs8s/%E8%B7%AF%E5%BE%84"' in link
    assert "(xn--fsqu00a.xn--fiqs8s)</a>" in link


def test_a_title_is_no_formula_and_has_no_hidden_characters():
    page = sources_html([Reference(1, "https://a.cn", "$\\href{javascript:x}{y}$\u202e\x1b[31m")])
    assert page.startswith('<div class="mathjax_ignore tex2jax_ignore"')
    assert "\u202e" not in page
    assert "\x1b" not in page


def test_a_long_list_and_a_long_title_are_cut_and_say_so():
    many = [Reference(0, "https://a.cn", "t" * 5000)] * 60
    assert "… and 10 more" in sources_html(many)
    assert "… and 10 more" in sources_text(many)
    assert len(sources_html(many)) < 30_000


def test_the_saved_output_has_them_and_the_answers_own_text_does_not():
    answer = Answer("hi", references=(PAGE,))
    data = bundle(Facts("ultra"), answer, Outcome.COMPLETE)
    assert "example.com" in data["text/html"]
    assert data["text/plain"] == "hi\n\nSources\n[1] A <b>title</b> https://example.com/a?b=1&c=2"
    assert "example.com" in answer_html(answer)
    assert plain(answer) == str(answer) == "hi"
    assert "Sources" not in bundle(Facts("ultra"), Answer("hi"), Outcome.COMPLETE)["text/html"]


@given(st.integers(-(10**9), 10**9), st.text(), st.one_of(st.text(), st.text().map("https://a.cn/{}".format)))
def test_whatever_a_server_says_of_a_page_the_list_is_safe(index, title, url):
    Page(f'<span class="{IGNORED}">{to_link(title, url)}</span>')  # raises for whatever is not on its short list
    check_clean(sources_text([Reference(index, url, title)]))
