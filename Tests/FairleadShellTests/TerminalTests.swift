import FairleadContainers
import FairleadModel
import FairleadShell
import Testing

/// A shell that somebody types to.
struct TerminalTests {
    /// What a terminal shows when these texts are typed, each as soon as the screen ends with what is before it.
    private func screen(
        _ typed: [(after: String, text: String)], user: Credentials = .root, program: String = "sh"
    ) async -> (String, Int32) {
        let sandbox = Sandbox(clock: SystemDelayClock())
        let (input, output) = (Pipe(), CollectingSink())
        let process = Process(
            world: sandbox.world, arguments: [program], environment: sandbox.environment, credentials: user,
            input: input,
            output: output, errors: output, isTerminal: true)
        let code = await withTaskGroup(of: Int32?.self) { group in
            group.addTask {
                guard let program = sandbox.world.commands.program(named: program) else { return -1 }
                return await process.run(program).code
            }
            group.addTask {
                for (after, text) in typed {
                    for _ in 0..<2_000 where !output.text.hasSuffix(after) {
                        await sandbox.world.clock.sleep(for: .milliseconds(5))
                    }
                    try? await input.write(text)  // The test sees what is shown.
                }
                return nil
            }
            var code: Int32?
            while let next = await group.next() { code = code ?? next }
            return code ?? -1
        }
        return (output.text, code)
    }

    @Test func thePromptAnswersAndTypingIsEchoed() async {
        let (screen, code) = await screen([("/ # ", "echo hi\r"), ("hi\r\n/ # ", "cd /tmp\r"), ("/tmp # ", "exit 3\r")])
        #expect(screen == "/ # echo hi\r\nhi\r\n/ # cd /tmp\r\n/tmp # exit 3\r\n")
        #expect(code == 3)
    }

    @Test func othersGetADollarAndBashItsOwnPrompt() async {
        #expect(await screen([("/ $ ", "\u{4}")], user: Credentials(user: 1000, group: 0)).0 == "/ $ ")
        #expect(await screen([("# ", "\u{4}")], program: "bash").0 == "bash-5.2# ")
    }

    @Test func linesAreEditedAndContinued() async {
        let (screen, _) = await screen([
            ("/ # ", "echx\u{7F}o a\u{15}echo b\r"), ("b\r\n/ # ", "for i in 1\r"), ("> ", "do echo $i; done\r"),
            ("1\r\n/ # ", "\u{4}"),
        ])
        #expect(screen.hasPrefix("/ # echx\u{8} \u{8}o a"))
        #expect(screen.contains("echo b\r\nb\r\n/ # for i in 1\r\n> do echo $i; done\r\n1\r\n/ # "))
    }

    @Test func anInterruptEndsTheCommandAndNotTheShell() async {
        let (screen, code) = await screen([
            ("/ # ", "sleep 1000\r"), ("1000\r\n", "\u{3}"), ("^C\r\n/ # ", "echo $?\r"), ("130\r\n/ # ", "\u{3}"),
            ("^C\r\n/ # ", "while true; do :; done\r"), ("done\r\n", "\u{3}"), ("^C\r\n/ # ", "exit\r"),
        ])
        #expect(screen.contains("sleep 1000\r\n^C\r\n/ # echo $?\r\n130\r\n/ # ^C\r\n/ # while"))
        #expect(screen.hasSuffix("^C\r\n/ # exit\r\n"))
        #expect(code == 130)
    }

    @Test func commandsReadTheTerminal() async {
        let (screen, _) = await screen([
            ("/ # ", "cat\r"), ("cat\r\n", "typed\r"), ("typed\r\ntyped\r\n", "\u{4}"),
            ("/ # ", "read x; echo got $x\r"), ("$x\r\n", "word\r"), ("word\r\n/ # ", "\u{4}"),
        ])
        #expect(screen == "/ # cat\r\ntyped\r\ntyped\r\n/ # read x; echo got $x\r\nword\r\ngot word\r\n/ # ")
    }

    @Test func anErrorDoesNotEndTheShell() async {
        let (screen, _) = await screen([
            ("/ # ", "echo )\r"), ("\n/ # ", "${X:?no}\r"), ("no\r\n/ # ", "echo on\r"), ("on\r\n/ # ", "\u{4}"),
        ])
        #expect(screen.contains("sh: syntax error: unexpected \")\"\r\n/ # "))
        #expect(screen.contains("sh: X: no\r\n/ # echo on\r\non\r\n/ # "))
    }
}
