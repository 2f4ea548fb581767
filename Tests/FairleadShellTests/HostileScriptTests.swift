import FairleadContainers
import FairleadModel
import FairleadShell
import Testing

/// Numbers that are the same in each run.
private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

/// Scripts that nobody would write: they end, within bounds, and nothing traps.
struct HostileScriptTests {
    /// Runs a script for a while; whether it has ended, or could be stopped.
    private func survives(_ command: [String], input: String = "", within limit: Duration = .seconds(20)) async -> Bool
    {
        var sandbox = Sandbox()
        sandbox.input = input
        let started = sandbox
        let clock = SystemDelayClock()
        let ended = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                _ = await started.run(command)
                return true
            }
            group.addTask {
                await clock.sleep(for: .milliseconds(300))
                return false
            }
            _ = await group.next()
            let start = clock.now
            group.cancelAll()
            await group.waitForAll()
            return clock.now - start < limit
        }
        await started.world.tasks.stop()
        return ended && started.world.processes.entries.isEmpty
    }

    private static let pieces = [
        "echo", "x", "$x", "${x}", "${x:-", "}", "\"", "'", "`", "$(", ")", "$((", "))", "1", "+", "*", ";", "\n", "&",
        "&&", "||",
        "|", "if", "then", "fi", "else", "while", "do", "done", "for", "in", "case", "esac", ";;", "{", "}", "(", "f()",
        "f",
        ">", "<", "<<E", "E\n", ">>", "2>&1", "[[", "]]", "[", "]", "!", "$@", "$#", "a=1", "a[0]=2", "${a[@]}",
        "${#x}", "${x%%*}",
        "break", "continue", "return", "exit", "trap", "eval", "read", "set -e", "shift", "wait", "sleep 1", "cat",
        "sed s/a/b/",
        "awk", "'{print $1}'", "grep -E", "'(a|b)*'", "printf", "'%s%d%*d'", "-9223372036854775808",
        "9223372036854775807",
        "99999999999999999999", "head", "tail", "cut", "-f1-", "tr", "a-z", "sort", "find /", "dd", "bs=0", "expr",
        "test", "-n",
        "\\", "é", "\u{0}", "seq", "date", "+%N%j%%", "{1..9}", "tar", "xf", "-", "kill", "local", "yes", "true",
        "false", "~",
        "#", "ls -la /", "cp -r / /tmp", "mv", "rm -rf /tmp", "od", "base64", "find", "-exec", "xargs", "getopts",
        "unset",
    ]

    @Test(arguments: 0..<8)
    func randomScriptsEnd(seed: Int) async {
        var numbers = Numbers(state: UInt64(seed))
        for _ in 0..<60 {
            let count = Int.random(in: 1...25, using: &numbers)
            let words = (0..<count).map { _ in Self.pieces.randomElement(using: &numbers) ?? "" }
            let joint = Bool.random(using: &numbers) ? " " : ""
            let shell = Bool.random(using: &numbers) ? "sh" : "bash"
            let script = words.joined(separator: Bool.random(using: &numbers) ? " " : joint)
            #expect(await survives([shell, "-c", script]), "\(script.debugDescription)")
        }
    }

    @Test(arguments: 0..<4)
    func randomBytesEnd(seed: Int) async {
        var numbers = Numbers(state: UInt64(seed) &+ 1_000)
        for _ in 0..<60 {
            let count = Int.random(in: 1...80, using: &numbers)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &numbers) }
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(await survives(["sh", "-c", text]), "\(text.debugDescription)")
            #expect(await survives(["sh"], input: text), "\(text.debugDescription)")
            for applet in ["awk", "sed", "grep", "expr", "find", "printf", "date", "tr", "dig", "curl"] {
                #expect(await survives([applet, text], input: text), "\(applet) \(text.debugDescription)")
            }
        }
    }

    static let scripts: [String] = [
        String(repeating: "(", count: 100_000), String(repeating: "$(", count: 100_000),
        String(repeating: "{ ", count: 50_000), String(repeating: "if ", count: 50_000),
        "echo $((" + String(repeating: "(", count: 100_000), "echo " + String(repeating: "${x:-", count: 50_000),
        "echo $((" + String(repeating: "-", count: 100_000) + "1))",
        "[[ " + String(repeating: "! ", count: 50_000) + "]]",
        "test " + String(repeating: "! ", count: 50_000), "expr " + String(repeating: "\\( ", count: 50_000),
        "echo '" + String(repeating: "(", count: 5_000) + "' | grep -E -f -",
        "awk '" + String(repeating: "{", count: 50_000) + "'",
        "awk 'BEGIN{print " + String(repeating: "(", count: 50_000) + "'",
        "x=a; while true; do x=$x$x; done", "f() { f; }; f", "f() { x=$(f); }; f", "f() { f | f; }; f",
        "f() { (f); }; f",
        "a=x; while true; do set -- \"$@\" $a; done", "i=0; while true; do eval v$i=$i; i=$((i+1)); done",
        "while true; do :; done", "while true; do echo x; done > /tmp/f", "yes > /dev/null",
        "cat /dev/zero > /dev/null",
        "cat /dev/zero", "yes | yes | yes", "seq 1 100000000 > /dev/null", "while true; do true & done",
        "echo | awk '{while(1) x = x \"aaaaaaaa\"}'", "printf '%1000000000d' 1", "echo ${x:1:9223372036854775807}",
        "head -c 99999999999 /dev/zero | tail -c 1", "dd if=/dev/zero bs=16M count=99999999 of=/dev/null",
        "sleep 1e308; sleep infinity", "tar cf - / | tar xf - -C /tmp", "cp -r / /tmp/x; cp -r /tmp /tmp/y",
        "ln -s /tmp/l /tmp/l; cat /tmp/l; find / -follow; ls -lR /", "sed ':a;s/a/aa/;ba'",
        "x=$(seq 100000); for i in 1 2 3 4 5; do x=${x//1/22}; done; echo ${#x}", "date -d @99999999999999999",
        "echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | grep -E '(a*)*(a*)*(a*)*b'", "exec sh", ". /dev/stdin",
        "trap 'kill $$' EXIT",
        "trap 'kill -TERM $$' TERM; kill -TERM $$", "set -- $(seq 300000); echo $#", "sh -c 'exec sh -c \"exec sh\"'",
        "echo '#!/tmp/s' > /tmp/s; chmod +x /tmp/s; /tmp/s", "echo '/tmp/s' > /tmp/s; chmod +x /tmp/s; /tmp/s",
        "echo '. /tmp/s' > /tmp/s; . /tmp/s", "echo 'exec sh /tmp/s' > /tmp/s; sh /tmp/s",
        "printf 'x%.0s' $(seq 200000)", "env -i env -i env -i env",
        "xargs xargs xargs",
    ]

    @Test(arguments: scripts)
    func scriptsThatNeverEndCanBeStopped(script: String) async {
        #expect(await survives(["sh", "-c", script]))
    }

    @Test func outputIsBounded() async {
        let sandbox = Sandbox()
        let outcome = await sandbox.run("x=$(cat /dev/zero | tr '\\0' a); echo ${#x}; x=$(seq 1 10000000); echo ${#x}")
        #expect(outcome.output.utf8.count < 100)
    }

    /// What nests is bounded as a whole: each level alone is small enough.
    @Test(arguments: [
        (String(repeating: "eval ", count: 40_000) + "echo x", "out of memory"),
        ("f() { f \"$@\"; }; f $(seq 1 60000)", "out of memory"),
        ("f() { for i in $x; do f; done; }; x=$(seq 1 60000); f", "out of memory"),
        (
            "w=$(seq 1 20000); i=0; while true; do eval \"f$i() { echo \"$w\"; }\"; i=$((i+1)); done",
            "too many functions"
        ),
        (#"s='sh -c "$0" "$0" "$@"; true'; sh -c "$s" "$s" $(seq 1 100000)"#, "can't fork"),
        (#"s='exec sh -c "$0" "$0" "$@"'; exec sh -c "$s" "$s" $(seq 1 100000)"#, "too many replacements"),
    ])
    func whatNestsIsBoundedTogether(script: String, complaint: String) async {
        let outcome = await Sandbox().run(script)
        #expect(outcome.errors.contains(complaint), "\(outcome.errors.prefix(500))")
    }

    @Test func callsWithFewArgumentsMayNest() async {
        let outcome = await Sandbox().run("f() { [ $1 -eq 0 ] || f $(($1 - 1)) a b; }; f 100; eval eval eval echo yes")
        #expect(outcome.output == "yes\n")
    }

    @Test func aProcessIsNotReplacedForEver() async {
        let outcome = await Sandbox().run("echo 'exec sh /tmp/s' > /tmp/s; exec sh /tmp/s")
        #expect(outcome.code == 126)
        #expect(outcome.errors.contains("too many replacements"))
    }
}
