"""`python -m geacc_proxy` is `geacc-proxy`."""

from geacc_proxy.cli import main

if __name__ == "__main__":
    main()
