/// Files that images bring along.
enum ImageFiles {
    /// 615 bytes, as many as nginx's own page.
    static let nginxPage = """
        <!DOCTYPE html>
        <html>
        <head>
        <title>Welcome to nginx!</title>
        <style>
        html { color-scheme: light dark; }
        body { width: 35em; margin: 0 auto; font-family: sans-serif; }
        </style>
        </head>
        <body>
        <h1>Welcome to nginx!</h1>
        <p>This page comes from a simulated container. It is what the web server shows
        while nobody has put files of their own into its directory.</p>

        <p>Put an index.html into <code>/usr/share/nginx/html</code>, by a volume or by
        kubectl exec, and ask again. Servers in <code>/etc/nginx/conf.d</code> are read, too......................</p>

        <p><em>Thank you for using nginx.</em></p>
        </body>
        </html>

        """

    /// What the image's entry point writes before the server starts.
    static let nginxEntry = [
        "/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration",
        "/docker-entrypoint.sh: Looking for shell scripts in /docker-entrypoint.d/",
        "/docker-entrypoint.sh: Launching /docker-entrypoint.d/10-listen-on-ipv6-by-default.sh",
        "10-listen-on-ipv6-by-default.sh: info: Getting the checksum of /etc/nginx/conf.d/default.conf",
        "10-listen-on-ipv6-by-default.sh: info: Enabled listen on IPv6 in /etc/nginx/conf.d/default.conf",
        "/docker-entrypoint.sh: Sourcing /docker-entrypoint.d/15-local-resolvers.envsh",
        "/docker-entrypoint.sh: Launching /docker-entrypoint.d/20-envsubst-on-templates.sh",
        "/docker-entrypoint.sh: Launching /docker-entrypoint.d/30-tune-worker-processes.sh",
        "/docker-entrypoint.sh: Configuration complete; ready for start up",
    ]

    static let nginxMain = """
        user  nginx;
        worker_processes  auto;
        error_log  /var/log/nginx/error.log notice;
        pid        /run/nginx.pid;
        events {
            worker_connections  1024;
        }
        http {
            include       /etc/nginx/mime.types;
            default_type  application/octet-stream;
            sendfile        on;
            keepalive_timeout  65;
            include /etc/nginx/conf.d/*.conf;
        }

        """

    /// conf.d/default.conf for a port.
    static func nginxServer(_ port: UInt16, root: String = "/usr/share/nginx/html") -> String {
        """
        server {
            listen       \(port);
            listen  [::]:\(port);
            server_name  localhost;

            location / {
                root   \(root);
                index  index.html index.htm;
            }

            error_page   500 502 503 504  /50x.html;
            location = /50x.html {
                root   \(root);
            }
        }

        """
    }

    static let itWorks = "<html><body><h1>It works!</h1></body></html>\n"

    /// /etc/os-release.
    static func release(of base: ImageRow.Base) -> String {
        switch base {
        case .alpine:
            "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.21.3\nPRETTY_NAME=\"Alpine Linux v3.21\"\n"
                + "HOME_URL=\"https://alpinelinux.org/\"\n"
        case .busybox, .none: "NAME=\"BusyBox\"\nID=busybox\nVERSION_ID=1.37.0\nPRETTY_NAME=\"BusyBox 1.37.0\"\n"
        case .debian:
            "PRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"13\"\n"
                + "VERSION=\"13 (trixie)\"\nVERSION_CODENAME=trixie\nID=debian\n"
        }
    }
}
