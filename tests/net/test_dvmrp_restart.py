# SPDX-License-Identifier: GPL-2.0-only
"""What DVMRP forwards goes on while its daemon is away for a moment.

      10.9.1.0/24        10.9.10.0/24       10.9.20.0/24       10.9.9.0/24
      src ---------- r1 -------------- r2 -------------- r3 --------- dst
"""

import pytest

from dvmrp import GROUP, Domain, prefix_of
from topology import until


@pytest.mark.seconds(90)
@pytest.mark.parametrize("which", [
    0, pytest.param(1, marks=pytest.mark.long),
    pytest.param(2, marks=pytest.mark.long)])
def test_a_daemon_that_is_restarted_loses_no_packet_of_a_flow(lab, which):
    """Next to the source, on the way, and next to the member."""
    domain = Domain(lab, ["xmgm", "xmgm", "xmgm"])
    away = domain.routers[which]
    away.extra = ""  # neighbours are not told, and forwarding goes on
    src, dst = domain.line()
    domain.know(prefix_of(src),
                {r: k for k, r in enumerate(domain.routers, 1)}, 60)
    dst.member().join()
    flow = src.flow()
    first = flow.clean(dst, 30)
    neighbors = away.neighbors()
    assert away.router.stop() == 0
    away.router.start(ready=away.interfaces)
    until(lambda: away.neighbors() == neighbors, 20, "its neighbours")
    until(lambda: away.entry(prefix_of(src), GROUP), 20, "its flow")
    last = flow.clean(dst, 60, count=1500)  # longer than oifs are adopted
    flow.check_whole(dst, first, last + 1500)
