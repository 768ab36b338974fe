"""Makes the torch of PyPI, which is linked to CUDA's libraries, load on a machine that has none of them.

    python without_gpu.py SITE_PACKAGES

Its code for the CPU needs nothing of those 2.4 GB, but the loader wants each file and symbol to be there. For every library
that is missing this writes an empty one of that name, with just the symbols, in the versions, that torch is linked to; each
answers 100, "no device". The CUDA runtime itself must be installed: torch asks it whether there is a GPU. Needs gcc and
binutils (readelf, nm)."""
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

FROM_NVIDIA = re.compile(r'^(lib)?(__cuda|cu|nv|nccl)', re.IGNORECASE)


def output(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


def links_of(library):
    """The libraries that one is linked to, and the library that each version of a symbol belongs to."""
    needed = set(re.findall(r'\(NEEDED\).*\[(.+?)\]', output('readelf', '-dW', library)))
    owner, current = {}, None
    for line in output('readelf', '-VW', library).splitlines():
        if file := re.search(r'File: (\S+)', line):
            current = file.group(1)
        elif version := re.search(r'Name: (\S+) +Flags', line):
            owner[version.group(1)] = current
    return needed, owner


def write_stub(path, symbols_of_version):
    names = sorted(set().union(*symbols_of_version.values()))
    code = ['.text'] + [f'.globl {name}\n.type {name}, @function\n{name}:' for name in names]
    code += ['mov $100, %eax', 'ret', '.section .note.GNU-stack, "", @progbits', '']
    exports = [
        f'{version} {{ global: {" ".join(f"{name};" for name in sorted(symbols)) or "*;"} }};'
        for version, symbols in symbols_of_version.items()
    ]
    with tempfile.TemporaryDirectory() as folder:
        source, map_file = Path(folder, 'stub.s'), Path(folder, 'stub.map')
        source.write_text('\n'.join(code))
        map_file.write_text('\n'.join(exports))
        linked = ['-shared', '-nostdlib', f'-Wl,-soname,{path.name}', f'-Wl,--version-script,{map_file}']
        output('gcc', *linked, '-o', path, source)


def main(site_packages):
    folder = site_packages / 'torch' / 'lib'
    libraries = [*folder.glob('*.so*'), *(site_packages / 'torch').glob('_C*.so')]
    needed, defined, loose = set(), set(), set()
    versioned = defaultdict(lambda: defaultdict(set))
    for library in libraries:
        links, owner = links_of(library)
        needed |= links
        for line in output('nm', '-D', library).splitlines():
            kind, symbol = line.split()[-2:]
            name, _, version = symbol.partition('@')
            if kind != 'U':
                defined.add(name)
            elif version:
                versioned[owner[version]][version].add(name)
            elif FROM_NVIDIA.match(name):
                loose.add(name)
    there = {library.name for library in [*libraries, *site_packages.glob('nvidia/*/lib/*.so*')]}
    missing = sorted(name for name in needed - there if FROM_NVIDIA.match(name))
    for name in missing:
        # A symbol without a version may be answered by any library that has none.
        write_stub(folder / name, versioned.get(name) or {'': loose - defined})
    print(f'torch is linked to {len(missing)} libraries that are not here; each has a stub now')


main(Path(sys.argv[1]))
