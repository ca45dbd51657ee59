"""Links of a hostile answer: to the web and mail only, and none that looks like another one."""

import html

import pytest
from strict_page import Page

from spark_magic.render import to_html


def test_pictures_are_links_and_load_nothing():
    page = Page(to_html("![a *cat*](https://cats.example/a.png?x=1)"))
    assert page.links == ["https://cats.example/a.png?x=1"]
    assert page.text.strip() == "🖼 a cat (cats.example)"


def test_a_picture_inside_a_link_is_its_text():
    page = Page(to_html("[![cat](https://cats.example/a.png)](https://dogs.example)"))
    assert page.links == ["https://dogs.example"]
    assert "🖼 cat (cats.example) (dogs.example)" in page.text


@pytest.mark.parametrize("url", ["https://a.b/c?d=e&f=%20#g", "HTTP://a.b", "mailto:a@b.c"])
def test_links_to_web_and_mail_stay(url):
    assert Page(to_html(f"[x]({url})")).links == [html.unescape(url)]


@pytest.mark.parametrize(
    "url",
    ["/a", "a.md", "//a.b", "ftp://a.b", "#a", "tel:1", "https:/a", "x:y", "https://a@b.c", "mailto:a@b.c?attach=d"],
)
def test_other_links_are_their_text(url):
    page = Page(to_html(f"see [the *page*]({url}) now"))
    assert (page.links, page.text.strip()) == ([], "see the page now")


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("bank&#8203;.example", "bank.example (evil.example)"),
        ("bank\u2024example", "bank\u2024example (evil.example)"),
        ("ｂａｎｋ．ｅｘａｍｐｌｅ", "ｂａｎｋ．ｅｘａｍｐｌｅ (evil.example)"),
        ("b\u0335ank.e\u0335x\u0335ample", "b\u0335ank.e\u0335x\u0335ample (evil.example)"),
        ("bank.example (evil.example)", "bank.example (evil.example) (evil.example)"),
        ("$\\text{bank}.\\text{example}$", "$\\text{bank}.\\text{example}$ (evil.example)"),
        ("![bank.example](x)", "🖼 bank.example (evil.example)"),
        ("**bank**.`example`", "bank.example (evil.example)"),
        ("evil.example/page", "evil.example/page"),
    ],
)
def test_a_link_that_may_look_like_another_address_names_its_own(words, shown):
    assert Page(to_html(f"[{words}](https://evil.example/)")).text.strip() == shown
