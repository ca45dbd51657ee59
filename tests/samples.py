"""Texts for the browser tests, and what to ask a page about them."""

# One of everything that Markdown has.
RICH = r"""# 标题

A paragraph with **bold**, `code`, and $e^{i\pi}+1=0$; it costs $5 and $6. 中文段落也在这里，看看行距是否一致。

- one
- two
  1. nested

> A quotation

| name | value |
|---|---:|
| 名字 | 1 |

$$\int_0^1 x^2\,dx = \frac13$$

and \(a^2+b^2=c^2\), also \[E = mc^2\]

```python
def fib(n: int) -> int:
    return n if n < 2 else fib(n - 1) + fib(n - 2)  # a long line that a narrow window has to break somewhere
```

## Second level

The last words."""
FORMULAS = 4  # that is how many of them RICH has

# What could run or load, if it were let through.
HOSTILE = r"""<script>window.pwned = 1</script> <img src=x onerror="window.pwned = 2">

<svg onload="window.pwned = 3"></svg> <img src="https://tracker.invalid/raw.png"> ![picture](https://tracker.invalid/markdown.png)

<iframe src="javascript:parent.pwned = 4"></iframe> <style>@import "https://tracker.invalid/style.css";</style>

[click](javascript:window.pwned=5), <a href="javascript:window.pwned=6">raw</a>, $\href{javascript:window.pwned=7}{x}$

```html
<img src=x onerror="window.pwned = 8">
```

The end: $x^2$"""


# The README's pictures: the sandbox with answers that show something, and that say what they are.
PICTURE_CELLS = ("%%spark\n用 Python 求斐波那契数列的第 n 项", "%%spark\nn 很大时怎么更快？")
PICTURE_ANSWERS = (
    r"""用循环就可以，不需要递归：

```python
def fib(n: int) -> int:
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a
```

时间复杂度是 $O(n)$，空间复杂度是 $O(1)$。*（沙盒的预设回答，没有运行任何模型。）*
""",
    r"""用**倍增公式**，只需 $O(\log n)$ 步：

$$F_{2k} = F_k\,(2F_{k+1} - F_k), \qquad F_{2k+1} = F_{k+1}^2 + F_k^2$$

| 方法 | 时间 | $n = 10^6$ |
|---|---|---|
| 循环 | $O(n)$ | 一百万次加法 |
| 倍增 | $O(\log n)$ | 约二十步 |

```python
def fib(n: int) -> int:
    a, b = 0, 1  # F(0), F(1)
    mask = 1 << n.bit_length()
    while mask := mask >> 1:
        a, b = a * (2 * b - a), a * a + b * b
        if n & mask:
            a, b = b, a + b
    return a
```
""",
)
PICTURE_SETUP = f"""from spark_magic.magics import state
from spark_magic.sandbox import script
state._SANDBOX_DELAY = 0.06  # slow enough to be caught in the act
script.answer = lambda question: {PICTURE_ANSWERS!r}[len(question.messages) > 1]"""

# Where everything in an answer is, from its corner; a `summary` is as wide as its place, which nobody sees.
PLACES = """answer => {
  const origin = answer.getBoundingClientRect();
  const shown = [...answer.querySelectorAll(":is(summary,h1,h2,p,ul,ol,li,pre,blockquote,table,th,td,mjx-container)")];
  return shown.filter(node => node.checkVisibility()).map(node => {
    const { left, top, width, height } = node.getBoundingClientRect();
    const place = [left - origin.left, top - origin.top, node.matches("summary") ? 0 : width, height];
    return [node.nodeName, node.textContent.slice(0, 20), ...place.map(Math.round)];
  });
}"""
# What in an answer can be scrolled.
SCROLLABLE = """answer => [answer, ...answer.querySelectorAll("*")].filter(node =>
  (node.scrollWidth > node.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(node).overflowX)) ||
  (node.scrollHeight > node.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(node).overflowY))
).map(node => node.outerHTML.slice(0, 200))"""

# What stands in an answer that none of our own HTML, a widget or a typeset formula has.
STRANGE = r"""area => [area, ...area.querySelectorAll("*")].flatMap(node => {
  const found = [];
  const ours = node.closest(".spark-magic-head") || (node.matches("style") && /^\.spark-magic/.test(node.textContent));
  const tag = "script,iframe,frame,object,embed,img,svg,video,audio,form,input,textarea,select,button,style,link," +
    "meta,base,title,dialog,template,canvas,marquee,portal,map,area,slot,applet,body,html,noscript";
  if (node.matches(tag) && !ours) found.push(node.nodeName);
  for (const { name, value } of node.attributes) {
    const link = name === "href" && !/^(https?:\/\/|mailto:)/i.test(value) && !value.startsWith("/lab/");
    const mine = name !== "id" || /^(mjx-|MJX-|MathJax)/.test(value) || node.matches(".lm-Widget");
    if (/^(on|src|data-command|formaction|action|srcdoc|ping|name$|popover|accesskey)/.test(name) || link || !mine)
      found.push(node.nodeName + " " + name + "=" + value);
  }
  if (/fixed|sticky/.test(getComputedStyle(node).position)) found.push(node.nodeName + " is fixed");
  if (/url\(/.test(node.getAttribute("style") || "")) found.push(node.nodeName + " loads");
  return found;
})"""
# Look for that in every state of a live block, however soon the next one replaces it.
WATCH = f"""() => {{
  const strange = {STRANGE};
  window.states = {{ count: 0, strange: [] }};
  new MutationObserver(records => {{
    for (const node of new Set(records.map(record => record.target)))
      if (node.matches && node.matches(".spark-magic-block > div")) {{
        states.count += 1;
        states.strange.push(...strange(node));
      }}
  }}).observe(document.body, {{ childList: true, subtree: true }});
}}"""
# What of an answer can be seen over the line above it, or outside the answer: ancestors that clip are minded.
WRITTEN_OVER = r"""answer => {
  const root = answer.querySelector(".spark-magic"), head = root.querySelector(":scope > .spark-magic-head") ||
    root.querySelector(":scope > div");
  const seen = node => {
    let { left, top, right, bottom } = node.getBoundingClientRect();
    for (let up = node.parentElement; up && up !== answer; up = up.parentElement) {
      const box = up.getBoundingClientRect(), style = getComputedStyle(up), all = /paint|content/.test(style.contain);
      if (all || style.overflowX !== "visible") [left, right] = [Math.max(left, box.left), Math.min(right, box.right)];
      if (all || style.overflowY !== "visible") [top, bottom] = [Math.max(top, box.top), Math.min(bottom, box.bottom)];
    }
    return { left, top, right, bottom };
  };
  const line = head.getBoundingClientRect(), place = root.getBoundingClientRect();
  const wrong = ({ left, top, right, bottom }) => right - left >= 1 && bottom - top >= 1 && (
    left < place.left - 1 || right > place.right + 1 || top < place.top - 1 || bottom > place.bottom + 1 ||
    (top < line.bottom - 1 && bottom > line.top + 1));
  return [...root.querySelectorAll("*")].filter(node =>
    wrong(node.getBoundingClientRect()) && !head.contains(node) && node.checkVisibility() && wrong(seen(node))
  ).map(node => node.outerHTML.slice(0, 200));
}"""
# Do to everything in an answer what a person does with a mouse and a keyboard, except clicking, and a page by itself.
PROVOKE = """area => {
  const names = "mouseover mouseenter mousemove pointerenter pointerover focus focusin toggle error load scroll " +
    "wheel animationstart transitionend begin start contextmenu copy drag keydown input beforetoggle";
  for (const node of [area, ...area.querySelectorAll(":not(mjx-container *), mjx-container a")])
    for (const name of names.split(" ")) node.dispatchEvent(new Event(name));
  for (const node of area.querySelectorAll("a, summary, [tabindex], [autofocus]")) node.focus({ preventScroll: true });
}"""
# How far the widest table of an answer can be scrolled inside the answer, in pixels.
FURTHEST = """answer => Math.max(0, ...[...answer.querySelectorAll(".spark-magic, .spark-magic *")]
  .filter(node => /auto|scroll/.test(getComputedStyle(node).overflowX))
  .map(node => node.scrollWidth - node.clientWidth))"""
# What belongs to the page and to the user, and how JupyterLab's own parts look.
SURROUNDINGS = """() => {
  const parts = "#jp-top-panel, #jp-menu-panel, .jp-SideBar, #jp-bottom-panel, .jp-NotebookPanel-toolbar," +
    ".jp-Cell:first-child .jp-InputArea, .jp-Cell:first-child .jp-OutputArea, body, html";
  const looks = [...document.querySelectorAll(parts)].filter(node => node.checkVisibility()).map(node => {
    const style = getComputedStyle(node), { left, width, height } = node.getBoundingClientRect();
    const looks = "color backgroundColor backgroundImage display position visibility opacity zIndex transform fontSize";
    return [node.nodeName, node.id, left, width, height, ...looks.split(" ").map(name => style[name])].join(" ");
  });
  const head = [...document.head.querySelectorAll("base, meta, link, script")].map(node => node.outerHTML);
  const foreign = /evil\\.example|pwned/.test(document.head.innerHTML);
  const names = [typeof jupyterapp.commands, document.forms.length, typeof window.pwned];
  const { title, cookie } = document, storage = JSON.stringify(localStorage);
  return { looks, head, foreign, title, cookie, address: location.href, storage, names };
}"""
