"""Every room that keeps something of a person, beside the audience.

Comes in: nothing. Goes out: what `audience.erasing.erase` calls, from the command line and from a reader's own page alike.
Never imports a web server.
"""

from composer.audience.erasing import Forget
from composer.bounces.recording import forget as forget_what_came_back
from composer.delivery.forgetting import forget as forget_mailings
from composer.web.public.deeds import forget_letters

EVERYWHERE: tuple[Forget, ...] = (forget_letters, forget_mailings, forget_what_came_back)
