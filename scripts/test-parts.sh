# Sourced by scripts/test: its parts, one function each. They count into $passed and $failed.

passed=0
failed=0
failures=()
repeated=()
logs=$(mktemp -d)
server_pid=
etcd_pid=
stop_server() {
    if [ -n "$server_pid" ]; then kill "$server_pid" 2>/dev/null || true; wait "$server_pid" 2>/dev/null || true; fi
    server_pid=
}
stop_etcd() {
    if [ -n "$etcd_pid" ]; then kill -9 "$etcd_pid" 2>/dev/null || true; wait "$etcd_pid" 2>/dev/null || true; fi
    etcd_pid=
}
leave() {
    stop_server
    stop_etcd
    if [ -n "${FAIRLEAD_LOGS:-}" ]; then mkdir -p "$FAIRLEAD_LOGS" && cp -r "$logs"/. "$FAIRLEAD_LOGS"; fi
    rm -rf "$logs"
}
trap leave EXIT

# count LABEL PASSED FAILED
count() {
    passed=$((passed + $2))
    failed=$((failed + $3))
    if [ "$3" != 0 ]; then failures+=("$1"); fi
    echo "== $1: $2 passed, $3 failed (after ${SECONDS} s)"
}

finish() {
    if [ ${#repeated[@]} != 0 ]; then printf 'passed only when played once more: %s\n' "${repeated[@]}"; fi
    if [ ${#failures[@]} != 0 ]; then printf 'failed: %s\n' "${failures[@]}"; fi
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ] && [ "$passed" != 0 ]
}

# need COMMAND PACKAGE...: installs the packages if the command is missing.
need() {
    local command=$1
    shift
    if ! command -v "$command" >/dev/null 2>&1; then install_packages "$@"; fi
}

# Sets $binary: one release build for all parts, because that is what is shipped, and optimised code behaves differently.
release_binary() {
    need python3 python3-minimal python3
    if [ -n "${binary:-}" ]; then return; fi
    if [ -n "${FAIRLEAD_BINARY:-}" ]; then
        binary=$FAIRLEAD_BINARY
        if [ ! -x "$binary" ]; then echo "error: FAIRLEAD_BINARY=$binary cannot be run" >&2; exit 2; fi
        return
    fi
    echo "== building (release)"
    swift build "${release[@]}" --product fairlead
    binary="$(swift build "${release[@]}" --show-bin-path)/fairlead"
}

# start_server FLAGS...: starts it on free ports; sets $server, $secure (the door with TLS) and $dns.
start_server() {
    "$binary" serve --listen 127.0.0.1:0 --tls-listen 127.0.0.1:0 --dns-listen 127.0.0.1:0 --data "$logs/data-$RANDOM.db" "$@" >"$logs/server.out" 2>"$logs/server.err" &
    server_pid=$!
    server=
    for _ in $(seq 200); do
        server=$(sed -n 's/^listening on \(http:[^ ]*\).*/\1/p' "$logs/server.out" | head -n 1)
        secure=$(sed -n 's/^listening with TLS on \(https:[^ ]*\).*/\1/p' "$logs/server.out" | head -n 1)
        dns=$(sed -n 's/^dns on \(.*\)/\1/p' "$logs/server.out" | head -n 1)
        if [ -n "$server" ] && [ -n "$dns" ]; then return; fi
        kill -0 "$server_pid" 2>/dev/null || break
        sleep 0.05
    done
    echo "error: the server did not start:" >&2
    cat "$logs/server.err" >&2
    exit 1
}

# start_etcd: starts a member of etcd without data on free ports; sets $etcd, as --storage takes it.
start_etcd() {
    need etcd etcd-server etcd-client
    local ports client peer
    ports=$(python3 -c 'import socket
sockets = [socket.socket() for _ in range(2)]
for each in sockets: each.bind(("127.0.0.1", 0))
print(*(each.getsockname()[1] for each in sockets))')
    client=http://127.0.0.1:${ports% *} peer=http://127.0.0.1:${ports#* }
    etcd --name one --data-dir "$logs/etcd-$RANDOM" --listen-client-urls "$client" --advertise-client-urls "$client" \
        --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "one=$peer" 2>"$logs/etcd.err" &
    etcd_pid=$!
    etcd=etcd:$client
}

# run_python LABEL SCRIPT ARGS...: runs a Python test script that ends with `N passed, N failed`. Its output is shown at once,
# without the lines for claims that hold. A script that hangs is ended after $patience seconds and counts as failed. One of
# which at most $second_tries claims fail is played once more, and named at the end if it passes then: a machine that was
# busy for seconds is one reason, a race is another.
patience=1800
second_tries=3
run_python() {
    local label=$1
    play_python "$@"
    if [ "$script_failed" != 0 ] && [ "$script_failed" -le "$second_tries" ] && [ "$script_passed" != 0 ]; then
        echo "== once more: $label ($script_failed of $((script_passed + script_failed)) failed)"
        play_python "$@"
        if [ "$script_failed" = 0 ]; then repeated+=("$label"); fi
    fi
    count "$label" "$script_passed" "$script_failed"
}

# play_python LABEL SCRIPT ARGS...: sets $script_passed and $script_failed.
play_python() {
    local label=$1 out last
    out="$logs/${1//[^a-zA-Z0-9]/-}.out"
    shift
    echo "== $label"
    timeout -k 30 "$patience" python3 -u "$@" 2>&1 | tee "$out" | { grep --line-buffered -vE '^ok   ' || true; } | sed -u 's/^/   /' || true
    last=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$out" | tail -n 1 || true)
    if [ -n "$last" ]; then
        script_passed=$(echo "$last" | awk '{print $1}')
        script_failed=$(echo "$last" | awk '{print $3}')
    else
        script_passed=0
        script_failed=1
    fi
}

part_unit() {
    # One of the engines of storage is tried against a real etcd.
    need etcd etcd-server etcd-client
    echo "== building (debug)"
    swift build --build-tests
    echo "== format"
    if swift format lint --strict -r Sources Tests Benchmarks/Sources Package.swift; then
        count "format" 1 0
    else
        echo "   to fix it: swift format -i -r Sources Tests Benchmarks/Sources Package.swift"
        count "format" 0 1
    fi
    echo "== unit and contract tests"
    local status total issues
    # All tests at once would share the processors so finely that each takes longer than the time it is given.
    export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=8
    swift test --skip-build >"$logs/unit" 2>&1 && status=0 || status=$?
    grep -E '✘|error:|Test run with' "$logs/unit" || true
    total=$(sed -n 's/.*Test run with \([0-9]*\) tests\{0,1\}.*/\1/p' "$logs/unit" | tail -n 1)
    issues=$(grep -c '✘ Test .* failed' "$logs/unit" || true)
    if [ "$status" != 0 ] && [ "$issues" = 0 ]; then
        tail -n 40 "$logs/unit"
        issues=1
    fi
    if [ "$issues" != 0 ] && [ "$issues" -le 5 ] && unit_alone; then issues=0; fi
    count "unit and contract tests" $((${total:-0} > issues ? ${total:-0} - issues : 0)) "$issues"
}

# Plays the few tests that failed once more, without the others beside them. Those that pass are named: a machine that was
# busy for seconds is one reason, a race is another.
unit_alone() {
    local names
    names=$(sed -n 's/^.*✘ Test \([A-Za-z0-9_]*\)(.* failed after .*/\1/p' "$logs/unit" | sort -u | paste -sd '|')
    if [ -z "$names" ]; then return 1; fi
    echo "== once more, alone: $names"
    swift test --skip-build --filter "/($names)\\(" >"$logs/unit-alone" 2>&1 || { grep -E '✘|error:' "$logs/unit-alone"; return 1; }
    grep -E 'Test run with [1-9]' "$logs/unit-alone" || return 1
    repeated+=("unit tests: $names")
}

part_commands() {
    release_binary
    run_python "commands" Tests/Commands/commands.py --binary "$binary"
}

part_scenarios() {
    release_binary
    local only=(${1:+--only "$1"})
    local token=ratchet-$RANDOM$RANDOM
    echo "$token,admin,1,system:masters" >"$logs/tokens"
    start_server --bare --token-auth-file "$logs/tokens"
    run_python "recorded scenarios" Tests/Conformance/ratchet.py --server "$secure" --token "$token" --dns "$dns" ${only[@]+"${only[@]}"}
    stop_server
    start_server --bare --token-auth-file "$logs/tokens" --authorization-mode Node,RBAC
    run_python "recorded scenarios of kubelets" Tests/Conformance/ratchet.py --node-restriction --server "$secure" --token "$token" ${only[@]+"${only[@]}"}
    stop_server
    start_server --bare --service-cluster-ip-range 10.96.0.0/16,fd00:96::/108
    run_python "recorded scenarios of dual stack" Tests/Conformance/ratchet.py --dualstack --server "$server" ${only[@]+"${only[@]}"}
    stop_server
    start_etcd
    start_server --bare --token-auth-file "$logs/tokens" --storage "$etcd"
    run_python "recorded scenarios on etcd" Tests/Conformance/ratchet.py --server "$secure" --token "$token" --dns "$dns" ${only[@]+"${only[@]}"}
    stop_server
    stop_etcd
}

# Several replicas on one etcd: a balancer in front of them, then faults of all kinds.
part_replicas() {
    release_binary
    need etcd etcd-server etcd-client
    need ip iproute2
    need nft nftables
    run_python "replicas: recorded scenarios" Tests/Replicas/spread.py --binary "$binary"
    run_python "replicas: chaos" Tests/Replicas/chaos.py --binary "$binary" --seconds "${1:-110}"
}

part_kubectl() {
    release_binary
    need curl curl
    run_python "kubectl" Tests/Kubectl/guide.py --binary "$binary"
    run_python "kubectl: flows" Tests/Kubectl/flows.py --binary "$binary"
    run_python "merges like kubectl" Tests/Kubectl/merges.py --binary "$binary" --rounds 8
    run_python "manifests" Tests/Manifests/manifests.py --binary "$binary"
}

part_pods() {
    release_binary
    run_python "pods" Tests/Pods/pods.py --binary "$binary"
}

part_access() {
    release_binary
    need curl curl
    need openssl openssl
    run_python "access" Tests/Access/access.py --binary "$binary"
    run_python "access: audit" Tests/Access/audit.py --binary "$binary"
    run_python "secrets" Tests/Access/secrets.py --binary "$binary"
}

part_envtest() {
    release_binary
    need openssl openssl
    run_python "envtest" Tests/Envtest/envtest.py --binary "$binary"
}

part_clients() {
    release_binary
    if ! python3 -c 'import ensurepip' 2>/dev/null; then install_packages python3-venv; fi
    run_python "client libraries" Tests/Clients/clients.py --binary "$binary"
}

part_extensions() {
    release_binary
    need curl curl
    need openssl openssl
    run_python "extensions" Tests/Extensions/extensions.py --binary "$binary"
}

part_dns() {
    release_binary
    need dig bind9-dnsutils
    run_python "dns" Tests/DNS/discovery.py --binary "$binary"
    run_python "dns: bounds" Tests/Robustness/dns_bounds.py --binary "$binary"
}

# Real packets, in network namespaces of its own; skipped, and said so, where the kernel refuses them.
part_network() {
    release_binary
    need ip iproute2
    need nft nftables
    need conntrack conntrack
    need curl curl
    need dig bind9-dnsutils
    run_python "network: proxy" Tests/Proxy/proxy.py --binary "$binary"
    run_python "network: lab" Tests/Lab/lab.py --binary "$binary"
}

# Each script in Tests/Robustness, in its short form.
part_robustness() {
    release_binary
    local alone=${1:-}
    # The bound on the canary's latency allows for a busy machine; the long forms use 250 ms.
    robust bad_input
    robust http_shapes
    robust fuzz --seconds 20
    robust fuzz_extensions --seconds 6
    robust extremes --seconds 20 --chew 10 --bound 0.5
    robust bombs --bound 0.5
    robust long_lists --seconds 20 --bound 0.5
    robust large_objects
    robust crowds --bound 0.5
    robust allocation
    # A sample; `attacks` measures every body.
    robust linear --sample 24 --random 12 --seed "$RANDOM"
    robust descriptors
    robust crash_report
    robust log_lines
    robust mallocs
    robust streams --bound 0.5
    robust pause
    robust compaction
    robust check
    robust damage
    robust storage
    robust kill --loops 10
    robust soak --minutes 2
}

# Whether everything that is measured works, in small sizes: a crash, a wrong answer or a lost event fails it, slowness never does.
part_bench() {
    release_binary
    play_bench
    if [ "$bench_failed" != 0 ] && [ "$bench_failed" -le "$second_tries" ]; then
        echo "== once more: bench ($bench_failed not measured)"
        play_bench
        if [ "$bench_failed" = 0 ]; then repeated+=("bench"); fi
    fi
    count "bench" "$bench_passed" "$bench_failed"
}

play_bench() {
    local last
    echo "== bench"
    FAIRLEAD_BINARY=$binary timeout -k 30 "$patience" scripts/bench --quick 2>"$logs/bench.err" | tee "$logs/bench" | sed -u 's/^/   /' || true
    last=$(grep -E '^[0-9]+ rows, [0-9]+ targets missed, [0-9]+ measurements failed' "$logs/bench" | tail -n 1 || true)
    if [ -n "$last" ]; then
        bench_passed=$(echo "$last" | awk '{print $1 - $6}')
        bench_failed=$(echo "$last" | awk '{print $6}')
    else
        tail -n 20 "$logs/bench.err"
        bench_passed=0
        bench_failed=1
    fi
}

# robust NAME ARGS...: runs the script, unless only another one was asked for.
robust() {
    local name=$1
    shift
    if [ -n "$alone" ] && [ "$alone" != "$name" ]; then return; fi
    if [ ! -e "Tests/Robustness/$name.py" ]; then return; fi
    run_python "robustness: $name" "Tests/Robustness/$name.py" --binary "$binary" "$@"
}

part_lives() {
    echo "== building (debug)"
    swift build --build-tests
    echo "== ${1:-10000} random lives"
    local status issues
    FAIRLEAD_LIVES=${1:-10000} swift test --skip-build --filter RandomLivesTests >"$logs/lives" 2>&1 && status=0 || status=$?
    grep -E '✘|error:|Test run with' "$logs/lives" || tail -n 20 "$logs/lives"
    issues=$([ "$status" = 0 ] && echo 0 || echo 1)
    count "${1:-10000} random lives" $((1 - issues)) "$issues"
}

part_soak() {
    release_binary
    patience=$((${1:-30} * 60 + 1800))
    run_python "soak of ${1:-30} minutes" Tests/Robustness/soak.py --binary "$binary" --minutes "${1:-30}" --verbose
}

part_kill() {
    release_binary
    patience=$((${1:-200} * 30 + 600))
    run_python "kill -9, ${1:-200} loops" Tests/Robustness/kill.py --binary "$binary" --loops "${1:-200}"
}

# A new seed each time, so that each run tries something else; the scripts print it.
part_fuzz() {
    local minutes=${1:-60} seed=$((RANDOM * 32768 + RANDOM))
    release_binary
    patience=$((minutes * 60 + 1800))
    run_python "extreme values for $minutes minutes" Tests/Robustness/extremes.py --binary "$binary" --seed "$seed" \
        --seconds $((minutes * 55)) --chew 60 --save "$logs/extremes.txt"
    run_python "mutated requests for $((minutes * 5)) seconds" Tests/Robustness/fuzz.py --binary "$binary" --seed "$seed" \
        --seconds $((minutes * 5)) --save "$logs/fuzz.jsonl"
    run_python "expressions, schemas and answers of webhooks for $((minutes * 10)) seconds each" \
        Tests/Robustness/fuzz_extensions.py --binary "$binary" --seed "$seed" --seconds $((minutes * 10)) \
        --save "$logs/fuzz-extensions.jsonl"
}

part_attacks() {
    release_binary
    local alone=
    patience=7200
    robust bad_input
    robust http_shapes
    robust bombs
    robust long_lists --seconds 900 --seed "$RANDOM"
    robust crowds
    robust allocation --seconds 60 --rounds 20
    robust linear --all
    robust compaction --objects 6000
    robust check
    robust damage --flips 60 --seed "$RANDOM"
    robust storage --objects 50000
    part_kill 200
    part_fuzz 20
    part_soak 30
}
