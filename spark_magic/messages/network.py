"""What can go wrong on the way to the server: name, connection, proxy, certificate."""

from typing import Final

NETWORK: Final[dict[str, tuple[str, str]]] = {
    "connect.dns": ("The address of {host} was not found.", "找不到 {host} 的地址。"),
    "connect.dns.hint": ("Check the network connection and the DNS.", "请检查网络连接和 DNS。"),
    "connect.refused": ("{host} could not be reached: {detail}", "无法连接 {host}：{detail}"),
    "connect.refused.hint": (
        "Check the network connection; behind a firewall, port {port} must be open.",
        "请检查网络连接；如有防火墙，需开放端口 {port}。",
    ),
    "connect.broken": (
        "The connection to {host} ended while it was being encrypted: {detail}",
        "与 {host} 的连接在加密时断开：{detail}",
    ),
    "connect.broken.hint": (
        "Nothing was sent. If it stays so, something on the way does not let it through: a firewall, a proxy.",
        "没有发送任何内容。如果一直如此，可能是途中的防火墙或代理不放行。",
    ),
    "connect.tls": (
        "{host} did not prove that it is {host}: {detail}",
        "{host} 未能证明自己的身份：{detail}",
    ),
    "connect.tls.hint": (
        "Nothing was sent. Behind a company's inspecting proxy, set SSL_CERT_FILE to its CA bundle;"
        " certificates are never left unchecked.",
        "没有发送任何内容。若公司网络会检查流量，请用 SSL_CERT_FILE 指定其 CA 证书；证书检查不会被关闭。",
    ),
    "tls.bundle": (
        "SSL_CERT_FILE is {path}, and no certificates can be read there: {detail}",
        "SSL_CERT_FILE 指向 {path}，但无法从中读取证书：{detail}",
    ),
    "tls.bundle.hint": (
        "Nothing was sent. Set it to your company's CA bundle (a PEM file), or unset it to trust this computer's own.",
        "没有发送任何内容。请把它设为公司的 CA 证书包（PEM 文件），或取消设置以使用本机的根证书。",
    ),
    "proxy.missing": (
        "{variable} sets the proxy {proxy}, but python-socks (3.0 or newer) is not installed.",
        "{variable} 设置了代理 {proxy}，但没有安装 python-socks（3.0 或更新版本）。",
    ),
    "proxy.missing.hint": (
        "Nothing was sent. Run `pip install 'iflytek-spark-magic[proxy]'` and restart the kernel,"
        " or go without the proxy: %env no_proxy=.xf-yun.com",
        "没有发送任何内容。请运行 `pip install 'iflytek-spark-magic[proxy]'` 并重启内核，"
        "或不经代理直接连接：%env no_proxy=.xf-yun.com",
    ),
    "proxy.invalid": (
        "{variable} holds no proxy's address.",
        "{variable} 的值不是代理地址。",
    ),
    "proxy.invalid.hint": (
        "It looks like http://proxy.example:3128 or socks5h://USER:PASSWORD@127.0.0.1:1080; in user and password"
        " write @ as %40, / as %2F, # as %23, ? as %3F.",
        "应形如 http://proxy.example:3128 或 socks5h://用户名:密码@127.0.0.1:1080；"
        "用户名和密码中的 @ 写作 %40，/ 写作 %2F，# 写作 %23，? 写作 %3F。",
    ),
    "proxy.scheme": (
        "{variable} sets a {scheme}:// proxy at {host}: that kind is not supported.",
        "{variable} 设置了位于 {host} 的 {scheme}:// 代理：不支持这种代理。",
    ),
    "proxy.scheme.hint": (
        "These are: {supported}. Write socks5h:// where the proxy is to look names up.",
        "支持的有：{supported}。若要由代理解析域名，请写 socks5h://。",
    ),
    "proxy.tls": (
        "{variable} sets an https:// proxy at {host}: TLS to the proxy itself is not supported.",
        "{variable} 设置了位于 {host} 的 https:// 代理：不支持与代理本身之间的 TLS。",
    ),
    "proxy.tls.hint": (
        "Most such proxies are meant as http://: write that. The connection through it is encrypted up to the"
        " Spark server all the same.",
        "这类代理大多其实是 http://：请改用 http://。经过它的连接仍会一直加密到星火服务器。",
    ),
    "proxy.credentials": (
        "{variable} has a user name or password that a {scheme}:// proxy ({host}) cannot be told.",
        "{variable} 中的用户名或密码无法发送给 {scheme}:// 代理（{host}）。",
    ),
    "proxy.credentials.hint": (
        "An http:// proxy takes no colon in the user name; SOCKS takes up to 255 printable ASCII characters each.",
        "http:// 代理的用户名不能含冒号；SOCKS 的用户名和密码各不超过 255 个可打印 ASCII 字符。",
    ),
    "proxy.dns": (
        "The address of the proxy {proxy} (from {variable}) was not found.",
        "找不到代理 {proxy}（来自 {variable}）的地址。",
    ),
    "proxy.refused": (
        "The proxy {proxy} (from {variable}) could not be reached: {detail}",
        "无法连接代理 {proxy}（来自 {variable}）：{detail}",
    ),
    "proxy.broken": (
        "The proxy {proxy} (from {variable}) did not answer as a proxy: {detail}",
        "代理 {proxy}（来自 {variable}）的应答不像代理：{detail}",
    ),
    "proxy.hint": (
        "Check that the proxy runs and that {variable} names its kind and port; where no proxy is needed,"
        " run %env no_proxy=.xf-yun.com",
        "请检查代理是否在运行，以及 {variable} 中的类型和端口是否正确；"
        "如果不需要代理，请运行 %env no_proxy=.xf-yun.com",
    ),
    "proxy.authentication": (
        "407: the proxy {proxy} (from {variable}) wants a user name and a password.",
        "407：代理 {proxy}（来自 {variable}）要求用户名和密码。",
    ),
    "proxy.authentication.hint": (
        "Set {variable} before the kernel starts, as http://USER:PASSWORD@{proxy} (Basic alone is supported);"
        " where no proxy is needed, run %env no_proxy=.xf-yun.com",
        "请在启动内核前把 {variable} 设为 http://用户名:密码@{proxy}（只支持 Basic 认证）；"
        "如果不需要代理，请运行 %env no_proxy=.xf-yun.com",
    ),
    "proxy.denied": (
        "The proxy {proxy} (from {variable}) opened no connection: {detail}",
        "代理 {proxy}（来自 {variable}）没有建立连接：{detail}",
    ),
    "proxy.denied.hint": (
        "Ask whoever runs the proxy to allow wss to *.xf-yun.com (port 443); where no proxy is needed,"
        " run %env no_proxy=.xf-yun.com",
        "请联系代理的管理员放行到 *.xf-yun.com 的 wss（443 端口）；如果不需要代理，请运行 %env no_proxy=.xf-yun.com",
    ),
}
