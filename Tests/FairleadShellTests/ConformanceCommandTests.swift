import FairleadContainers
import FairleadModel
import FairleadShell
import Testing

/// The commands of conformance tests and tutorials that need no cluster, by the rows of the list of needed programs.
struct ConformanceCommandTests {
    @Test(arguments: mainProcesses + tutorials)
    func commandsOfTestsWork(row: Row) async throws {
        var sandbox = Sandbox()
        sandbox.input = row.input
        for path in ["/dev", "/pod-data", "/usr/share/nginx/html", "/results", "/data", "/etc/config"] {
            try sandbox.world.files.makeDirectory(path, makesParents: true, as: .root)
        }
        try sandbox.write("", to: "/dev/termination-log", mode: 0o666)
        try sandbox.write("very\ncharming\n", to: "/etc/config/key")
        let outcome = await sandbox.run(row.command)
        #expect(outcome == row.expected, "\(outcome)")
    }

    static let mainProcesses: [Row] = [
        Row("test -d /testcontainer/NAME;echo $?", "1\n"),
        Row(["/bin/true"]), Row(["/bin/false"], code: 1),
        Row(["/bin/sh", "-c", "/bin/echo -n DONE > /dev/termination-log; cat /dev/termination-log"], "DONE"),
        Row("/bin/echo -n DONE; /bin/false", "DONE", code: 1),
        Row("/bin/echo -n DONE; /bin/true", "DONE"),
        Row("/bin/echo -n OK > /dev/termination-log; /bin/echo DONE; /bin/true", "DONE\n"),
        Row("echo 'Hello World' ; sleep 240", "Hello World\n"),
        Row("/bin/echo container is alive; sleep 600", "container is alive\n"),
        Row("test $(id -u) -eq 65534", code: 1),
        Row("id", "uid=0(root) gid=0(root) groups=0(root),10(wheel)\n"),
        Row("cat /etc/config/key && cat /etc/config/key", "very\ncharming\nvery\ncharming\n"),
        Row(
            "echo Hello from the busy-box sub-container > /pod-data/shareddata.txt; cat /pod-data/shareddata.txt",
            "Hello from the busy-box sub-container\n"),
        Row(
            "echo ok >/tmp/health; sleep 10; rm -rf /tmp/health; cat /tmp/health",
            errors: "cat: can't open '/tmp/health': No such file or directory\n", code: 1),
        Row(
            "for i in `seq 1 3`; do check=\"$(printf A)\" && test -n \"$check\" && echo OK > /results/f;sleep 1; done; cat /results/f",
            "OK\n"),
        Row(
            "printf 'Cpus_allowed_list:\\t0-3\\n' > /tmp/status; grep Cpus_allowed_list /tmp/status | cut -f2 && sleep 1d",
            "0-3\n"),
        Row("exit 1", code: 1), Row("exit $(( 20000 / 16384 ))", code: 1),
        Row("exit $(( $RANDOM / 32768 ))"),
        Row(
            "JOB_COMPLETION_INDEX=3\nif [ $(expr ${JOB_COMPLETION_INDEX} % 2) -ne 0 ]; then\nexit 1\nelse\nexit 0\nfi",
            code: 1),
        Row("if [[ -r /data/foo-$X ]]\nthen\nexit 0\nelse\ntouch /data/foo-$X\nexit 42\nfi", code: 42),
        Row(
            "_term(){ sleep 5; exit 143; }\ntrap _term SIGTERM\nkill -TERM $$\nwhile true; do echo x; sleep 1; done",
            code: 143),
        Row(
            ["sh", "-x", "-c", "mv -v /localhost.crt /tmp/ || true"],
            errors:
                "+ mv -v /localhost.crt /tmp/\nmv: can't rename '/localhost.crt': No such file or directory\n+ true\n"),
        Row(["cat", "/etc/config/key"], "very\ncharming\n"),
        Row(["/bin/echo", "marco"], "marco\n"),
        Row("cat && exit 42", "typed\n", code: 42, input: "typed\n"),
        Row("sleep 10; for i in {1..100}; do echo $i; done", "{1..100}\n"),
        Row("netstat -na | grep LISTEN | grep -v 8080 | grep 80", code: 1),
        Row("head -n 1 /etc/config/key; stat -c %F /etc/config", "very\ndirectory\n"),
        Row("touch /volume; test -f /volume"),
    ]

    static let tutorials: [Row] = [
        Row(
            "i=0; while [ $i -lt 2 ]; do echo \"$i: $(date)\"; i=$((i+1)); sleep 1; done",
            "0: Mon Nov 30 00:53:20 UTC 2026\n1: Mon Nov 30 00:53:21 UTC 2026\n"),
        Row("touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600"),
        Row(
            "date; echo Hello from the Kubernetes cluster",
            "Mon Nov 30 00:53:20 UTC 2026\nHello from the Kubernetes cluster\n"),
        Row("echo The app is running! && sleep 3600", "The app is running!\n"),
        Row("echo -en '\\n'; printenv HOSTNAME HOME", "\nweb-0\n/root\n"),
        Row("ls /etc/config/; cat /etc/config/key", "key\nvery\ncharming\n"),
        Row("sleep 10 && echo Sleep expired > /dev/termination-log; cat /dev/termination-log", "Sleep expired\n"),
        Row("echo \"$(hostname)\" > /usr/share/nginx/html/index.html; cat /usr/share/nginx/html/index.html", "web-0\n"),
        Row("nginx -s quit; while killall -0 nginx; do sleep 1; done", code: 0).failing(
            "sh: nginx: not found\nkillall: nginx: no process killed\n"),
        .bash(
            "items=(foo bar baz qux xyz); JOB_COMPLETION_INDEX=3; echo ${items[$JOB_COMPLETION_INDEX]} > /tmp/data.txt; rev /tmp/data.txt",
            "xuq\n"),
        Row("echo 123; exit 42", "123\n", code: 42),
        Row("for i in 1 2; do echo hi >> /tmp/x; sleep 5; done; wc -l /tmp/x", "2 /tmp/x\n"),
        Row(
            "until false || [ -f /tmp/go ]; do echo waiting for myservice; touch /tmp/go; sleep 2; done",
            "waiting for myservice\n"),
        Row("echo 'one' | tee -a /var/log/1.log; tail -n+1 /var/log/1.log", "one\none\n"),
    ]

    @Test func aReadOnlyRootIsToldAndTheScriptGoesOn() async {
        let sandbox = Sandbox(isReadOnly: true)
        let outcome = await sandbox.run(["/bin/sh", "-c", "echo test > /file; sleep 240"])
        #expect(outcome == Outcome(output: "", errors: "/bin/sh: can't create /file: Read-only file system\n", code: 0))
        let touch = await sandbox.run(["sh", "-c", "touch checkfile"])
        #expect(touch == Outcome(output: "", errors: "touch: checkfile: Read-only file system\n", code: 1))
    }

    /// The container that counts its own runs in a volume.
    @Test func runsAreCountedInAVolume() async {
        let script = """
            f=/restart-count
            count=$( echo 'hello' >> $f ; wc -l $f | awk {'print $1'} )
            if [ $count -eq 1 ]; then
              exit 1
            fi
            if [ $count -eq 2 ]; then
              exit 0
            fi
            echo stays
            """
        let sandbox = Sandbox()
        var codes: [Int32] = []
        for _ in 0..<3 { codes.append(await sandbox.run(script).code) }
        #expect(codes == [1, 0, 0])
        #expect(await sandbox.run("cat /restart-count | wc -l").output == "3\n")
    }

    @Test func envPrintsNamesThatNoShellKnows() async {
        var sandbox = Sandbox()
        sandbox.environment += [
            ("$_-data-1", "value-1"), ("#@!data-1", "value-2"), ("1-data-1", "value-3"), ("data-1", "v"),
        ]
        for command in [["sh", "-c", "env"], ["sh", "-c", "env; true"], ["env"]] {
            let lines = await sandbox.run(command).output.split(separator: "\n")
            #expect(lines.contains("$_-data-1=value-1") && lines.contains("#@!data-1=value-2"))
            #expect(lines.contains("1-data-1=value-3") && lines.contains("data-1=v"))
        }
    }

    @Test(arguments: [
        (Credentials(user: 1001, group: 2002), "id", "uid=1001 gid=2002 groups=2002\n"),
        (Credentials(user: 65534, group: 0), "test $(id -u) -eq 65534 && whoami", "nobody\n"),
        (Credentials(user: 1000, group: 1000, groups: [50000, 60000]), "id -G", "1000 50000 60000\n"),
    ])
    func usersAreWhoTheyAre(user: Credentials, script: String, expected: String) async {
        var sandbox = Sandbox()
        sandbox.credentials = user
        #expect(await sandbox.run(script) == Outcome(output: expected, errors: "", code: 0))
    }

    @Test func rightsHold() async {
        var sandbox = Sandbox()
        sandbox.credentials = Credentials(user: 1000, group: 1000)
        let outcome = await sandbox.run(
            "echo x > /etc/x; ls /root; touch /tmp/own; chmod 600 /tmp/own && echo ok; rm /etc/passwd")
        #expect(outcome.output == "ok\n")
        #expect(
            outcome.errors == """
                sh: can't create /etc/x: Permission denied
                ls: can't open '/root': Permission denied
                rm: can't remove '/etc/passwd': Permission denied

                """)
    }

    @Test func aPrivilegedContainerMayAddLinks() async {
        var sandbox = Sandbox()
        sandbox.world.isPrivileged = true
        #expect(await sandbox.run("ip link add dummy0 type dummy") == Outcome(output: "", errors: "", code: 0))
    }

    @Test func whatCannotRunSaysWhatCan() async throws {
        let sandbox = Sandbox()
        try sandbox.world.files.put(
            FileNode(.program("mystery"), mode: 0o755, modified: Sandbox.start), at: "/bin/mystery")
        let outcome = await sandbox.run("mystery --version")
        #expect(outcome.code == 126)
        #expect(outcome.errors.contains("this container is simulated") && outcome.errors.contains(" wget"))
    }
}

extension Row {
    fileprivate func failing(_ errors: String) -> Row {
        var row = self
        row.errors = errors
        return row
    }
}
