"""`python -m cli`: how the cockpit starts its own processes."""

from cli import main

if __name__ == "__main__":
    main()
