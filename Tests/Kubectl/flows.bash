# Sourced before each command of a flow.

# forwarded TARGET PORT COMMAND...: a port-forward during a command, which finds its local port in $PORT.
forwarded() {
    local target=$1 remote=$2 forward
    shift 2
    : >forward.out
    kubectl port-forward "$target" ":$remote" >forward.out 2>forward.err &
    forward=$!
    for _ in $(seq 100); do
        PORT=$(sed -n 's/^Forwarding from 127.0.0.1:\([0-9]*\) -> .*/\1/p' forward.out | head -n 1)
        if [ -n "$PORT" ] || ! kill -0 "$forward" 2>/dev/null; then break; fi
        sleep 0.1
    done
    PORT=$PORT bash -c "$*"
    kill "$forward" 2>/dev/null
    wait "$forward" 2>/dev/null
    cat forward.err >&2
    sed "s/:$PORT ->/:PORT ->/; s/for $PORT$/for PORT/" forward.out
    rm -f forward.out forward.err
}

# proxied OPTIONS -- COMMAND...: a `kubectl proxy` during a command, which finds its URL in $PROXY.
proxied() {
    local options=() proxy
    while [ "$1" != -- ]; do options+=("$1"); shift; done
    shift
    : >proxy.out
    kubectl proxy --port=0 "${options[@]}" >proxy.out 2>proxy.err &
    proxy=$!
    for _ in $(seq 100); do
        PROXY=$(sed -n 's/^Starting to serve on \(.*\)/\1/p' proxy.out)
        if [ -n "$PROXY" ] || ! kill -0 "$proxy" 2>/dev/null; then break; fi
        sleep 0.1
    done
    PROXY=http://$PROXY bash -c "$*"
    kill "$proxy" 2>/dev/null
    wait "$proxy" 2>/dev/null
    cat proxy.err >&2
    rm -f proxy.out proxy.err
}

# watched SECONDS COMMAND...: what a command prints until it is interrupted.
watched() {
    local seconds=$1
    shift
    timeout -s INT "$seconds" "$@"
    case $? in 124 | 130) ;; *) return 1 ;; esac
}
