import FairleadContainers
import FairleadModel
import Testing

@testable import FairleadPrograms

/// The subcommands that print something and end.
struct AgnhostPrinterTests {
    private static let image = "registry.k8s.io/e2e-test-images/agnhost:2.63.0"

    @Test(arguments: [
        (
            ["/agnhost", "entrypoint-tester", "override", "arguments"],
            "[/agnhost entrypoint-tester override arguments]\n", 0
        ),
        (["/agnhost-2", "entrypoint-tester"], "[/agnhost-2 entrypoint-tester]\n", 0),
        (["/agnhost", "etc-hosts"], "127.0.0.1\tlocalhost\n10.1.2.3\tweb-0\n\n", 0),
        (["/agnhost", "dns-suffix"], "resolv.conf.local,example.com\n", 0),
        (["/agnhost", "dns-server-list"], "1.1.1.1\n", 0), (["/agnhost", "nonewprivs"], "Effective uid: 0\n", 0),
        (["/agnhost"], "", 0),
    ])
    func prints(arguments: [String], expected: String, code: Int32) async throws {
        let container = try TestContainer(
            Self.image,
            files: [
                "/etc/resolv.conf": "search resolv.conf.local example.com\nnameserver 1.1.1.1\nnameserver 8.8.8.8\n"
            ])
        let (text, status) = try await container.run(arguments)
        #expect(text == expected && status == code)
    }

    @Test func refusesWhatItDoesNotKnow() async throws {
        let container = try TestContainer(Self.image)
        let command = try await container.run(["/agnhost", "dance"])
        #expect(command.code == 1 && command.text.hasPrefix("Error: unknown command \"dance\" for \"app\"\n"))
        let flag = try await container.run(["/agnhost", "netexec", "--dance=1"])
        #expect(flag.code == 1 && flag.text.hasPrefix("Error: unknown flag: --dance\n"))
        let number = try await container.run(["/agnhost", "netexec", "--http-port", "x"])
        #expect(number.code == 1 && number.text.contains("invalid argument \"x\" for \"--http-port\" flag"))
        let suffix = try TestContainer(Self.image, files: ["/etc/resolv.conf": "nameserver 1.1.1.1\n"])
        #expect(try await suffix.run(["/agnhost", "dns-suffix"]).code == 2)
    }

    @Test(arguments: [(ProcessSignal.terminate, "terminated", 2), (.interrupt, "interrupt", 1)])
    func pauseTellsWhatEndedIt(signal: ProcessSignal, name: String, code: Int32) async throws {
        let container = try TestContainer(Self.image, files: ["/dev/termination-log": ""])
        let running = try container.start(["/agnhost", "pause"])
        try await running.wait(for: "Signals registered\n")
        #expect(await running.end(by: signal) == ExitStatus(code))
        let line = "exiting because of signal \"\(name)\"\n"
        #expect(running.text == "Paused\nSignals registered\n" + line)
        #expect(try container.world.files.text("/dev/termination-log") == line)
    }

    @Test func killEndsAnything() async throws {
        let container = try TestContainer(Self.image)
        for arguments in [["pause"], ["netexec"], ["serve-hostname"], ["liveness", "x"], ["porter"]] {
            let running = try container.start(["/agnhost"] + arguments)
            try await SuspendingClock().sleep(for: .milliseconds(5))
            #expect(await running.kill() == .killed, "\(arguments)")
        }
    }

    @Test func mountTestDescribesFiles() async throws {
        let container = try TestContainer(Self.image)
        let volume = FileTree(type: "tmpfs", mode: 0o1777, modified: TestContainer.start)
        var world = container.world
        world.files.add(Mount(path: "/test-volume", tree: volume))
        let secret = FileTree(type: "ext4", mode: 0o3777, group: 123, modified: TestContainer.start)
        world.files.add(Mount(path: "/grouped", tree: secret))
        try world.files.write(Array("value-1".utf8), to: "/grouped/data-1", mode: 0o440, as: .root)
        let cases: [(arguments: [String], expected: String, code: Int32)] = [
            (["--fs_type=/test-volume"], "mount type of \"/test-volume\": tmpfs\n", 0),
            (["--fs_type=/grouped"], "mount type of \"/grouped\": 61267\n", 0),
            (["--fs_type", "/"], "mount type of \"/\": 2035054128\n", 0),
            (["--fs_type=/no"], "error from statfs(\"/no\"): no such file or directory\n", 1),
            (["--file_mode=/test-volume"], "mode of file \"/test-volume\": dtrwxrwxrwx\n", 0),
            (["--file_mode=/grouped"], "mode of file \"/grouped\": dgtrwxrwxrwx\n", 0),
            (["--file_mode=/grouped/data-1"], "mode of file \"/grouped/data-1\": -r--r-----\n", 0),
            (["--file_perm=/grouped"], "perms of file \"/grouped\": -rwxrwxrwx\n", 0),
            (["--file_owner=/grouped"], "owner UID of \"/grouped\": 0\nowner GID of \"/grouped\": 123\n", 0),
            (["--file_content=/grouped/data-1"], "content of file \"/grouped/data-1\": value-1\n", 0),
            (
                ["--file_content=/grouped/no"],
                "error reading file content for \"/grouped/no\": open /grouped/no: no such file or directory\n", 1
            ),
            (
                ["--new_file_0644=/test-volume/a", "--file_perm=/test-volume/a"],
                "content of file \"/test-volume/a\": mount-tester new file\n\nperms of file \"/test-volume/a\": "
                    + "-rw-r--r--\n",
                0
            ),
            (
                ["--file_mode=/test-volume/b", "--new_file_0666=/test-volume/b"],
                "content of file \"/test-volume/b\": mount-tester new file\n\nmode of file \"/test-volume/b\": "
                    + "-rw-rw-rw-\n",
                0
            ),
            (["--new_file_0660=/no/a"], "error writing new file \"/no/a\": open /no/a: no such file or directory\n", 1),
            (
                ["--new_file_0777=/grouped/c", "--file_owner=/grouped/c"],
                "content of file \"/grouped/c\": mount-tester new file\n\nowner UID of \"/grouped/c\": 0\n"
                    + "owner GID of \"/grouped/c\": 123\n", 0
            ),
        ]
        for (arguments, expected, code) in cases {
            var process = container.process(["/agnhost", "mounttest"] + arguments)
            process.world = world
            let collector = ByteCollector()
            process.output = collector
            let status = await Agnhost().run(process)
            #expect(collector.text == expected && status.code == code, "\(arguments)")
        }
    }

    @Test func mountTestReadsInALoop() async throws {
        let container = try TestContainer(Self.image, jumps: true, files: ["/f": "value-1"])
        let missing = try await container.run(["/agnhost", "mounttest", "--file_content_in_loop=/no", "--retry_time=4"])
        let line = "Error reading file /no: open /no: no such file or directory, retrying\n"
        #expect(missing.text == line + line + line && missing.code == 1)
        let other = try await container.run(["/agnhost", "mounttest", "--file_content_in_loop=/f", "--retry_time=2"])
        #expect(
            other.code == 0 && other.text.hasPrefix("content of file \"/f\": value-1\nUnexpected content. Expected: "))
        let plain = try await container.run([
            "/agnhost", "mounttest", "--break_on_expected_content=false", "--file_content_in_loop=/f", "--retry_time=2",
        ])
        #expect(plain.text == "content of file \"/f\": value-1\ncontent of file \"/f\": value-1\n" && plain.code == 0)
        try container.world.files.write(Array("mount-tester new file\n".utf8), to: "/f", as: .root)
        let done = try await container.run(["/agnhost", "mounttest", "--file_content_in_loop=/f"])
        #expect(done.text == "content of file \"/f\": mount-tester new file\n\n" && done.code == 0)
    }

    @Test func logsGeneratorWritesItsLinesOverItsTime() async throws {
        let container = try TestContainer(Self.image, jumps: true)
        let (text, code) = try await container.run([
            "/agnhost", "logs-generator", "--log-lines-total", "100", "--run-duration", "20s",
        ])
        let lines = text.split(separator: "\n")
        #expect(code == 0 && lines.count == 100)
        let pattern = try Regex(
            #"^I\d{4} \d\d:\d\d:\d\d\.\d{6}       1 logs_generator\.go:76\] \d+ (GET|POST|PUT) /api/v1/namespaces/(kube-system|default|ns)/pods/[a-z]{3,4} [2-5]\d\d$"#
        )
        for line in lines { #expect(line.wholeMatch(of: pattern) != nil, "\(line)") }
        #expect(text.contains("/api/v1/namespaces/kube-system"))
        #expect(container.clock.now > .seconds(19) && container.clock.now <= .seconds(20))
        for bad in [["-t", "0", "-d", "1s"], ["-t", "3"], ["-t", "3", "-d", "x"]] {
            #expect(try await container.run(["/agnhost", "logs-generator"] + bad).code == 255)
        }
    }

    @Test(arguments: [
        (true, nil, "Effective uid: 0\n"), (false, UInt16(0o755), "Effective uid: 1000\n"),
        (false, nil, "Effective uid: 1000\n"),
    ])
    func setUserProgramHasRootUnlessTheBitIsGone(isPrivileged: Bool, mode: UInt16?, expected: String) async throws {
        let container = try TestContainer("registry.k8s.io/e2e-test-images/nonewprivs:1.4")
        if let mode { try container.world.files.set("/nnp", mode: mode, as: .root) }
        try container.world.files.makeDirectory("/proc/self", makesParents: true, as: .root)
        let status = "Uid:\t1000\nNoNewPrivs:\t\(isPrivileged ? 0 : 1)\n"
        try container.world.files.write(Array(status.utf8), to: "/proc/self/status", as: .root)
        let (text, code) = try await container.run(["/nnp"], credentials: Credentials(user: 1000, group: 0))
        #expect(text == expected && code == 0)
    }
}
