import type { ComponentChildren } from 'preact'

/** Icons take the colour and the size of the text around them, and say nothing to a screen reader. */
function Icon({ children, filled = false }: { children: ComponentChildren; filled?: boolean }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 24 24"
      width="1em"
      height="1em"
      fill={filled ? 'currentColor' : 'none'}
      stroke={filled ? 'none' : 'currentColor'}
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  )
}

export const HashIcon = () => (
  <Icon>
    <path d="M9.5 4 7.5 20M16.5 4l-2 16M5 9h15M4 15h15" />
  </Icon>
)
export const ThreadIcon = () => (
  <Icon>
    <path d="M8.5 4 7 14M14 4l-.8 5M4.5 8H18M4 13h5.5" />
    <path d="M13 14h7v5h-3.5L13 21.5z" />
  </Icon>
)
export const PeopleIcon = () => (
  <Icon filled>
    <circle cx="9" cy="8" r="4" />
    <path d="M1.5 20c0-4 3.2-6.5 7.5-6.5s7.5 2.5 7.5 6.5z" />
    <path d="M15 4.3a4 4 0 0 1 0 7.4 6 6 0 0 0 0-7.4zM18.5 20H22.5c0-3.4-2-5.7-5-6.3 1 1.5 1.5 3.7 1 6.3z" />
  </Icon>
)
export const PlusIcon = () => (
  <Icon>
    <path d="M12 5v14M5 12h14" />
  </Icon>
)
export const SendIcon = () => (
  <Icon filled>
    <path d="M3 4.2c0-.9.9-1.5 1.7-1.1l16 7.9c.8.4.8 1.6 0 2l-16 7.9c-.8.4-1.7-.2-1.7-1.1l1.3-6.3L13 12 4.3 10.5z" />
  </Icon>
)
export const CloseIcon = () => (
  <Icon>
    <path d="M6 6l12 12M18 6 6 18" />
  </Icon>
)
export const MenuIcon = () => (
  <Icon>
    <path d="M4 6h16M4 12h16M4 18h16" />
  </Icon>
)
export const BackIcon = () => (
  <Icon>
    <path d="M15 5l-7 7 7 7" />
  </Icon>
)
export const ChevronIcon = () => (
  <Icon>
    <path d="M6 9l6 6 6-6" />
  </Icon>
)
export const CheckIcon = () => (
  <Icon>
    <path d="M5 13l4.5 4.5L19 7" />
  </Icon>
)
export const CopyIcon = () => (
  <Icon>
    <rect x="9" y="9" width="11" height="11" rx="2" />
    <path d="M5 15H4V6a2 2 0 0 1 2-2h9v1" />
  </Icon>
)
export const TrashIcon = () => (
  <Icon>
    <path d="M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5" />
  </Icon>
)
export const DotsIcon = () => (
  <Icon filled>
    <circle cx="5" cy="12" r="2" />
    <circle cx="12" cy="12" r="2" />
    <circle cx="19" cy="12" r="2" />
  </Icon>
)
export const EyeIcon = () => (
  <Icon>
    <path d="M2 12s3.5-6.5 10-6.5S22 12 22 12s-3.5 6.5-10 6.5S2 12 2 12z" />
    <circle cx="12" cy="12" r="3" />
  </Icon>
)
export const FileIcon = () => (
  <Icon>
    <path d="M13 3H6v18h12V8zM13 3v5h5M9 13h6M9 17h4" />
  </Icon>
)
export const DownloadIcon = () => (
  <Icon>
    <path d="M12 4v11M7 11l5 5 5-5M4 20h16" />
  </Icon>
)
export const LinkOutIcon = () => (
  <Icon>
    <path d="M14 4h6v6M20 4l-9 9M17 14v6H4V7h6" />
  </Icon>
)
export const AppsIcon = () => (
  <Icon filled>
    <rect x="3" y="3" width="8" height="8" rx="2" />
    <rect x="13" y="3" width="8" height="8" rx="4" />
    <rect x="3" y="13" width="8" height="8" rx="2" />
    <rect x="13" y="13" width="8" height="8" rx="2" />
  </Icon>
)
export const ReplyIcon = () => (
  <Icon>
    <path d="M9 6 4 11l5 5M4 11h9a7 7 0 0 1 7 7v1" />
  </Icon>
)
export const WarningIcon = () => (
  <Icon>
    <path d="M12 4 2.5 20h19zM12 10v4M12 17.2v.1" />
  </Icon>
)
export const BotIcon = () => (
  <Icon>
    <rect x="4" y="8" width="16" height="11" rx="3" />
    <path d="M12 8V4M9 13v1.5M15 13v1.5" />
  </Icon>
)
