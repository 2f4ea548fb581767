package import FairleadContainers
package import FairleadModel

/// A root file system like that of busybox or alpine.
package enum BaseImage {
    /// Makes the files of an image; `FileTree.copy` gives each container its own at little cost.
    ///
    /// - Parameters:
    ///   - programs: the names of the programs in /bin.
    ///   - capacity: bytes that a container may write.
    package static func tree(
        programs: [String] = Array(ShellPrograms.all.keys), now: Timestamp, capacity: Int = 64 << 20
    ) -> FileTree {
        let tree = FileTree(capacity: capacity, modified: now)
        let image = ContainerFiles(root: tree) { now }
        for (path, mode) in directories {
            // A new tree has room for all of these.
            try? image.put(FileNode(.directory([:]), mode: mode, modified: now), at: path)
        }
        for name in programs {
            // As above.
            try? image.put(FileNode(.program(name), mode: 0o755, modified: now), at: "/bin/\(name)")
            try? image.put(FileNode(.link("/bin/\(name)"), mode: 0o777, modified: now), at: "/usr/bin/\(name)")
        }
        for (path, text) in texts {
            // As above.
            try? image.put(FileNode(.file(Array(text.utf8)), mode: 0o644, modified: now), at: path)
        }
        let devices: [(String, FileNode.Content)] = [
            ("null", .null), ("zero", .zero), ("full", .zero), ("random", .generated(noise)),
            ("urandom", .generated(noise)),
            ("stdin", .link("/proc/self/fd/0")), ("stdout", .link("/proc/self/fd/1")),
            ("stderr", .link("/proc/self/fd/2")),
        ]
        for (name, content) in devices {
            // As above.
            try? image.put(FileNode(content, mode: 0o666, modified: now), at: "/dev/\(name)")
        }
        return tree
    }

    @Sendable
    private static func noise() -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<512 {
            let word = UInt64.random(in: .min ... .max)
            for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * shift))) }
        }
        return bytes
    }

    private static let directories: [(String, UInt16)] = [
        ("/bin", 0o755), ("/dev", 0o755), ("/dev/shm", 0o1777), ("/etc", 0o755), ("/home", 0o755), ("/lib", 0o755),
        ("/mnt", 0o755), ("/opt", 0o755), ("/proc", 0o555), ("/root", 0o700), ("/run", 0o755), ("/sbin", 0o755),
        ("/srv", 0o755), ("/sys", 0o555), ("/tmp", 0o1777), ("/usr", 0o755), ("/usr/bin", 0o755), ("/usr/lib", 0o755),
        ("/usr/local", 0o755), ("/usr/local/bin", 0o755), ("/usr/sbin", 0o755), ("/usr/share", 0o755), ("/var", 0o755),
        ("/var/lib", 0o755), ("/var/log", 0o755), ("/var/run", 0o755), ("/var/spool", 0o755), ("/var/tmp", 0o1777),
        ("/var/www", 0o755),
    ]

    private static let texts: [(String, String)] = [
        (
            "/etc/passwd",
            """
            root:x:0:0:root:/root:/bin/sh
            daemon:x:1:1:daemon:/usr/sbin:/bin/false
            bin:x:2:2:bin:/bin:/bin/false
            sys:x:3:3:sys:/dev:/bin/false
            sync:x:4:100:sync:/bin:/bin/sync
            mail:x:8:8:mail:/var/spool/mail:/bin/false
            www-data:x:33:33:www-data:/var/www:/bin/false
            operator:x:37:37:Operator:/var:/bin/false
            nobody:x:65534:65534:nobody:/home:/bin/false

            """
        ),
        (
            "/etc/group",
            """
            root:x:0:
            daemon:x:1:
            bin:x:2:
            sys:x:3:
            adm:x:4:
            tty:x:5:
            disk:x:6:
            wheel:x:10:root
            mail:x:8:
            utmp:x:43:
            staff:x:50:
            www-data:x:33:
            users:x:100:
            nogroup:x:65534:
            nobody:x:65534:

            """
        ),
        (
            "/etc/os-release",
            """
            NAME="Alpine Linux"
            ID=alpine
            VERSION_ID=3.21.3
            PRETTY_NAME="Alpine Linux v3.21"
            HOME_URL="https://alpinelinux.org/"
            BUG_REPORT_URL="https://gitlab.alpinelinux.org/alpine/aports/-/issues"

            """
        ),
        ("/etc/alpine-release", "3.21.3\n"), ("/etc/shells", "/bin/sh\n/bin/ash\n"), ("/etc/hosts", ""),
        ("/etc/hostname", ""), ("/etc/resolv.conf", ""), ("/etc/profile", ""),
        ("/etc/nsswitch.conf", "hosts: files dns\n"),
    ]
}
