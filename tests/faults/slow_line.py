"""A slow and lossy line between two network namespaces.

Packets go through two TUN devices and this process, which holds each back for
`delay` seconds, loses a share `loss` of them and lets `rate` bits per second
through, in each direction. So it needs nothing of the kernel but TUN devices
and namespaces; `tc netem` is often not there.
"""

import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import threading
import time

TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x0001 | 0x1000
SERVER, WORKER = "10.73.74.1", "10.73.74.2"
# As much as a cheap router holds; what comes beyond that is lost.
QUEUE_SECONDS = 0.5


class NoRights(Exception):
    """This user or kernel gives no namespaces or TUN devices."""


def ip(*args):
    subprocess.run(["ip", *args], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


class Direction:
    """The packets on their way from one end to the other."""

    def __init__(self, line, seed):
        self.line = line
        self.random = random.Random(seed)
        self.free = 0.0  # When the line has sent all that it was given.
        self.queue = []
        self.count = 0
        self.packets = self.lost = self.bytes = 0

    def take(self, packet, now):
        self.packets += 1
        begin = max(now, self.free)
        if begin - now > QUEUE_SECONDS or self.random.random() < self.line.loss:
            self.lost += 1
            return
        self.free = begin + 8 * len(packet) / self.line.rate
        self.bytes += len(packet)
        self.count += 1
        heapq.heappush(self.queue, (self.free + self.line.delay, self.count, packet))

    def due(self, now):
        while self.queue and self.queue[0][0] <= now:
            yield heapq.heappop(self.queue)[2]


class SlowLine:
    """Use it in a `with`; `server_in` and `worker_in` are commands that run a program at either end."""

    def __init__(self, delay=0.1, loss=0.01, rate=10e6, seed=1):
        self.delay, self.loss, self.rate = delay, loss, rate
        tag = f"fslow{os.getpid()}"
        self.names = (tag + "s", tag + "w")
        self.server_in, self.worker_in = (("ip", "netns", "exec", name) for name in self.names)
        self.down = Direction(self, seed)  # From the server to the workers.
        self.up = Direction(self, seed + 1)
        self.fds = []
        self.stop = False
        self.thread = threading.Thread(target=self.relay)

    def __enter__(self):
        try:
            for name, address in zip(self.names, (SERVER, WORKER)):
                ip("netns", "add", name)
                device = name[-14:]  # Interfaces have at most 15 characters.
                fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
                self.fds.append(fd)
                fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH", device.encode(), IFF_TUN_NO_PI))
                ip("link", "set", device, "netns", name)
                ip("-n", name, "address", "add", address + "/30", "dev", device)
                ip("-n", name, "link", "set", device, "up")
                ip("-n", name, "link", "set", "lo", "up")
        except (OSError, subprocess.CalledProcessError) as error:
            self.remove()
            raise NoRights(str(error)) from error
        self.thread.start()
        return self

    def __exit__(self, *unused):
        self.stop = True
        self.thread.join()
        self.remove()

    def remove(self):
        for fd in self.fds:
            os.close(fd)
        self.fds = []
        for name in self.names:
            subprocess.run(["ip", "netns", "delete", name], check=False, stderr=subprocess.DEVNULL)

    def relay(self):
        server, worker = self.fds
        ways = {server: (self.down, worker), worker: (self.up, server)}
        while not self.stop:
            now = time.monotonic()
            firsts = [way.queue[0][0] for way, _ in ways.values() if way.queue]
            wait = min([0.05, *(max(0.0, first - now) for first in firsts)])
            ready, _, _ = select.select(ways, [], [], wait)
            now = time.monotonic()
            for fd in ready:
                try:
                    while True:
                        ways[fd][0].take(os.read(fd, 65536), now)
                except BlockingIOError:
                    pass
            for way, to in ways.values():
                for packet in way.due(now):
                    try:
                        os.write(to, packet)
                    except OSError:
                        pass  # Lost, as packets may be.
