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
